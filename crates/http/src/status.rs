//! What a status means for retry and for people.

use std::time::Duration;

use deployer_core::{Error, Kind, Result, Retry};
use http::{HeaderMap, StatusCode};

use crate::request::{Effect, Request};
use crate::response::{HTML_HINT, Response};

/// The kind of failure that a status stands for, and whether the same request may pass later (RFC 9110, section 15).
///
/// This is the one table of statuses for reads and writes. A write that a server may have applied before it answered is
/// `UnknownOutcome`: read what is there now before you send it again. Services that mean something else by a status decide that before
/// they ask here.
pub fn classify(effect: Effect, status: u16, retry_after: Option<Duration>) -> (Kind, Retry) {
    let later = retry_after.map_or(Retry::Soon, Retry::After);
    match (effect, status) {
        // The server, or a proxy in front of it, failed or gave up at some time; a form's answer redirects to a page.
        (Effect::Write, 302 | 303 | 408 | 500..) => {
            (Kind::UnknownOutcome, retry_after.map_or(Retry::Never, Retry::After))
        }
        (_, 401) => (Kind::Unauthenticated, Retry::Never),
        (_, 403 | 407) => (Kind::Denied, Retry::Never),
        (_, 404 | 410) => (Kind::NotFound, Retry::Never),
        (_, 408) => (Kind::Timeout, later),
        (_, 409 | 412) => (Kind::Conflict, Retry::Never),
        // Too early (RFC 8470) and too many: the server refused before it looked at the content.
        (_, 425 | 429) => (Kind::RateLimited, later),
        (_, 400..=499) => (Kind::Rejected, Retry::Never),
        (_, 502..=504) => (Kind::Unavailable, later),
        _ => (Kind::Unexpected, Retry::Never),
    }
}

/// The failure that the answer to a read stands for, without anything of its body. `attempted` names the thing:
/// `read the pipes of node x`.
pub fn status_error(attempted: &str, response: &Response) -> Error {
    failure(Effect::Read, attempted, response)
}

/// The failure that the answer to a write stands for, without anything of its body.
pub fn write_error(attempted: &str, response: &Response) -> Error {
    failure(Effect::Write, attempted, response)
}

fn failure(effect: Effect, attempted: &str, response: &Response) -> Error {
    let (kind, retry) = classify(effect, response.status, response.retry_after());
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

/// Refuses a redirect: a credential must not go to another host.
pub(crate) fn refuse_redirect(request: &Request, status: u16, headers: &HeaderMap) -> Result<()> {
    if !matches!(status, 300..=399) || status == StatusCode::NOT_MODIFIED.as_u16() {
        return Ok(());
    }
    let location = headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    let to = match location.and_then(|location| request.url.join(location).ok()) {
        Some(target) => target.origin().ascii_serialization(),
        None => "an unknown address".to_owned(),
    };
    let (kind, retry) = classify(request.effect, status, None);
    Err(Error::new(kind, request.name())
        .with_cause(format!("{}: the server redirects to {to}, and redirects are not followed", status_text(status)))
        .with_retry(retry)
        .with_hint("set the address to the one that answers itself: a standby server, a proxy or a sign-in page redirects"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Option<Duration> = Some(Duration::from_secs(7));
    const AFTER: Retry = Retry::After(Duration::from_secs(7));

    #[test]
    fn every_status_has_one_meaning() {
        for (status, read, write) in [
            (302, (Kind::Unexpected, Retry::Never), (Kind::UnknownOutcome, AFTER)),
            (303, (Kind::Unexpected, Retry::Never), (Kind::UnknownOutcome, AFTER)),
            (307, (Kind::Unexpected, Retry::Never), (Kind::Unexpected, Retry::Never)),
            (400, (Kind::Rejected, Retry::Never), (Kind::Rejected, Retry::Never)),
            (401, (Kind::Unauthenticated, Retry::Never), (Kind::Unauthenticated, Retry::Never)),
            (403, (Kind::Denied, Retry::Never), (Kind::Denied, Retry::Never)),
            (404, (Kind::NotFound, Retry::Never), (Kind::NotFound, Retry::Never)),
            (408, (Kind::Timeout, AFTER), (Kind::UnknownOutcome, AFTER)),
            (409, (Kind::Conflict, Retry::Never), (Kind::Conflict, Retry::Never)),
            (413, (Kind::Rejected, Retry::Never), (Kind::Rejected, Retry::Never)),
            (425, (Kind::RateLimited, AFTER), (Kind::RateLimited, AFTER)),
            (429, (Kind::RateLimited, AFTER), (Kind::RateLimited, AFTER)),
            (500, (Kind::Unexpected, Retry::Never), (Kind::UnknownOutcome, AFTER)),
            (502, (Kind::Unavailable, AFTER), (Kind::UnknownOutcome, AFTER)),
            (503, (Kind::Unavailable, AFTER), (Kind::UnknownOutcome, AFTER)),
            (507, (Kind::Unexpected, Retry::Never), (Kind::UnknownOutcome, AFTER)),
            (520, (Kind::Unexpected, Retry::Never), (Kind::UnknownOutcome, AFTER)),
            (524, (Kind::Unexpected, Retry::Never), (Kind::UnknownOutcome, AFTER)),
        ] {
            assert_eq!(classify(Effect::Read, status, WAIT), read, "reading, {status}");
            assert_eq!(classify(Effect::Write, status, WAIT), write, "writing, {status}");
        }
        assert_eq!(classify(Effect::Read, 504, None), (Kind::Unavailable, Retry::Soon));
        assert_eq!(classify(Effect::Write, 504, None), (Kind::UnknownOutcome, Retry::Never));
    }

    #[test]
    fn no_write_counts_as_not_applied_after_a_failure_of_the_server() {
        for status in 500..=599 {
            assert_eq!(classify(Effect::Write, status, None).0, Kind::UnknownOutcome, "{status}");
        }
    }

    #[test]
    fn a_failure_tells_the_status_and_nothing_of_the_body() {
        let response = Response::new(502, HeaderMap::new(), "<html>hunter2</html>");
        let shown = format!("{:?}", status_error("read the pipes", &response));
        assert!(shown.contains("HTTP 502 Bad Gateway") && shown.contains("web page"), "{shown}");
        assert_eq!(write_error("set the pipes", &response).kind(), Kind::UnknownOutcome);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
