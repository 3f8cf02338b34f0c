//! What the answers of a receiver mean, in our words.

use deployer_core::{Kind, Result, Retry};
use deployer_http::{Response, status_error};

/// Fails unless the receiver took the report: any status of success, whatever the answer holds.
///
/// Receivers do not agree on how to know a report again, so only being asked to wait is worth another try: then it was not taken.
pub(crate) fn check(attempted: &str, response: &Response) -> Result<()> {
    if response.is_success() {
        return Ok(());
    }
    let error = status_error(attempted, response);
    let hint = match response.status {
        400 | 415 | 422 => {
            "the receiver does not take this body: compare what it expects with the plugin's schema.json"
        }
        401 | 403 => {
            "compare `secret` with the key that the receiver checks the signature with, its clock with that of this machine, and \
             the credentials in `headers` with those it asks for"
        }
        404 | 405 | 410 => "check the path in `url`: nothing takes a POST there",
        413 => "let the receiver take bodies of one megabyte",
        429 => "the receiver is called too often",
        500..=599 => "nobody knows whether the receiver took the report: look in its log",
        _ => "look in the log of the receiver",
    };
    let retry = if error.kind() == Kind::RateLimited { error.retry() } else { Retry::Never };
    Err(error.with_retry(retry).with_hint(hint))
}

#[cfg(test)]
mod tests {
    use deployer_core::Error;
    use deployer_http::HeaderMap;

    use super::*;

    fn answered(status: u16) -> Error {
        check("send the report", &Response::new(status, HeaderMap::new(), "hunter2")).unwrap_err()
    }

    #[test]
    fn each_refusal_says_what_to_do_and_repeats_nothing() {
        for (status, kind, expected) in [
            (400, Kind::Rejected, "schema.json"),
            (401, Kind::Unauthenticated, "`secret`"),
            (403, Kind::Denied, "`headers`"),
            (404, Kind::NotFound, "the path"),
            (405, Kind::Rejected, "the path"),
            (413, Kind::Rejected, "one megabyte"),
            (418, Kind::Rejected, "the log"),
            (500, Kind::Unexpected, "took the report"),
            (503, Kind::Unavailable, "took the report"),
        ] {
            let error = answered(status);
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{status}");
            let shown = format!("{error:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
        }
        assert_eq!((answered(429).kind(), answered(429).retry()), (Kind::RateLimited, Retry::Soon));
    }
}
