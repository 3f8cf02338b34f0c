//! What a status means for retry and for people.

use std::time::Duration;

use deployer_core::{Error, Kind, Result, Retry};
use http::{HeaderMap, StatusCode};

use crate::response::{HTML_HINT, Response};

/// The kind of failure that a status stands for, and whether the same request may pass later (RFC 9110, section 15).
///
/// Services that mean something else by a status decide that before they ask here.
pub fn classify(status: u16, retry_after: Option<Duration>) -> (Kind, Retry) {
    let later = retry_after.map_or(Retry::Soon, Retry::After);
    match status {
        401 => (Kind::Unauthenticated, Retry::Never),
        403 | 407 => (Kind::Denied, Retry::Never),
        404 | 410 => (Kind::NotFound, Retry::Never),
        408 => (Kind::Timeout, later),
        409 | 412 => (Kind::Conflict, Retry::Never),
        429 => (Kind::RateLimited, later),
        400..=499 => (Kind::Rejected, Retry::Never),
        502..=504 => (Kind::Unavailable, later),
        _ => (Kind::Unexpected, Retry::Never),
    }
}

/// The failure that an answer stands for, without anything of its body. `attempted` names the thing: `read the pipes of node x`.
pub fn status_error(attempted: &str, response: &Response) -> Error {
    let (kind, retry) = classify(response.status, response.retry_after());
    let error = Error::new(kind, attempted).with_cause(status_text(response.status)).with_retry(retry);
    if response.is_html() { error.with_hint(HTML_HINT) } else { error }
}

/// `HTTP 503 Service Unavailable`.
pub(crate) fn status_text(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("HTTP {status} {reason}"),
        None => format!("HTTP {status}"),
    }
}

/// Refuses a redirect: a credential must not go along to another host.
pub(crate) fn refuse_redirect(name: &str, url: &url::Url, status: u16, headers: &HeaderMap) -> Result<()> {
    if !matches!(status, 300..=399) || status == StatusCode::NOT_MODIFIED.as_u16() {
        return Ok(());
    }
    let location = headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    let to = match location.and_then(|location| url.join(location).ok()) {
        Some(target) => target.origin().ascii_serialization(),
        None => "an address it does not tell".to_owned(),
    };
    Err(Error::new(Kind::Unexpected, name)
        .with_cause(format!("{}: the server sends us on to {to}, and redirects are not followed", status_text(status)))
        .with_hint("set the address to the one that answers itself: a standby server, a proxy or a sign-in page redirects"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_meaning() {
        let wait = Some(Duration::from_secs(7));
        for (status, expected) in [
            (400, (Kind::Rejected, Retry::Never)),
            (401, (Kind::Unauthenticated, Retry::Never)),
            (403, (Kind::Denied, Retry::Never)),
            (404, (Kind::NotFound, Retry::Never)),
            (409, (Kind::Conflict, Retry::Never)),
            (429, (Kind::RateLimited, Retry::After(Duration::from_secs(7)))),
            (500, (Kind::Unexpected, Retry::Never)),
            (503, (Kind::Unavailable, Retry::After(Duration::from_secs(7)))),
        ] {
            assert_eq!(classify(status, wait), expected, "{status}");
        }
        assert_eq!(classify(504, None), (Kind::Unavailable, Retry::Soon));
    }

    #[test]
    fn a_failure_tells_the_status_and_nothing_of_the_body() {
        let response = Response::new(502, HeaderMap::new(), "<html>hunter2</html>");
        let shown = format!("{:?}", status_error("read the pipes", &response));
        assert!(shown.contains("HTTP 502 Bad Gateway") && shown.contains("web page"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
