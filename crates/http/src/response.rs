//! An answer of any status.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use deployer_core::{Error, Kind, Result};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Deserialize;

/// An answer, whatever its status. `Debug` shows neither body nor headers.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

impl Response {
    /// An answer made of its parts.
    pub fn new(status: u16, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self { status, headers, body: body.into() }
    }

    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Reads the body as JSON, into a type that can borrow from it. `what` names the content for the message: `the list of pipes`.
    ///
    /// # Errors
    /// `Unexpected`, with the place in the body and never its content.
    pub fn json<'a, T: Deserialize<'a>>(&'a self, what: &str) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|cause| {
            // The text of the cause can repeat values of the body; category and place do not.
            let problem = match cause.classify() {
                serde_json::error::Category::Data => "its JSON has an unexpected structure",
                serde_json::error::Category::Eof => "it ends too early",
                _ if self.is_html() => "it is an HTML page",
                _ => "it is not JSON",
            };
            let error = Error::new(Kind::Unexpected, format!("the answer with {what} cannot be read"))
                .with_cause(format!("{problem} (line {}, column {})", cause.line(), cause.column()));
            if self.is_html() { error.with_hint(HTML_HINT) } else { error }
        })
    }

    /// How long the other side asks to wait, from `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        wait(self.headers.get(RETRY_AFTER)?.to_str().ok()?, SystemTime::now())
    }

    /// The content type without parameters, in lower case.
    pub fn content_type(&self) -> Option<String> {
        let value = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Whether the body is an HTML page: the answer of a proxy or a sign-in page in place of the service.
    pub fn is_html(&self) -> bool {
        let start = self.body.trim_ascii_start();
        self.content_type().is_some_and(|kind| kind == "text/html")
            || [&b"<!doctype html"[..], &b"<html"[..]]
                .iter()
                .any(|mark| start.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
    }
}

/// What to check when a web page came instead of an answer.
pub(crate) const HTML_HINT: &str = "a web page came instead of an answer: check the address, and whether a proxy or a sign-in page answers instead";

fn wait(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    // A date that has passed asks for no wait.
    httpdate::parse_http_date(value).ok().map(|date| date.duration_since(now).unwrap_or_default())
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_read_in_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:00 GMT").expect("a date");
        assert_eq!(wait("120", now), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(37)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(wait("soon", now), None);
        assert_eq!(wait("-1", now), None);
    }

    #[test]
    fn a_body_that_cannot_be_read_is_told_without_its_content() {
        let read = |body: &'static str| {
            let response = Response::new(200, HeaderMap::new(), body);
            assert!(!format!("{response:?}").contains("hunter2"));
            format!("{:?}", response.json::<Vec<u32>>("the list").expect_err(body))
        };
        for (body, expected) in [
            (r#"["hunter2"]"#, "unexpected structure"),
            (r#"{"hunter2": "#, "unexpected structure"),
            ("[1, ", "ends too early"),
            ("hunter2", "not JSON"),
            ("<HTML>hunter2</HTML>", "HTML page"),
        ] {
            let shown = read(body);
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{body}: {shown}");
        }
    }
}
