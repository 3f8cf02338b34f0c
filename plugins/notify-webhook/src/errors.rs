//! The meaning of a receiver's answers, in our words.

use deployer_core::{Kind, Result, Retry};
use deployer_http::{Response, write_error};

/// Fails unless the receiver accepted the report: with any success status, whatever the body.
///
/// Receivers have no common way to recognise a report that is sent twice, so only a rate-limited call is retried.
pub(crate) fn check(attempted: &str, response: &Response) -> Result<()> {
    if response.is_success() {
        return Ok(());
    }
    let error = write_error(attempted, response);
    let hint = match response.status {
        400 | 415 | 422 => {
            "the receiver does not take this body: compare what it expects with the plugin's schema.json"
        }
        401 | 403 => {
            "compare `secret` with the key that the receiver checks the signature with, its clock with that of this machine, and \
             the credentials in `headers` with those it asks for"
        }
        404 | 405 | 410 => "check the path in `url`: it does not accept a POST",
        413 => "let the receiver take bodies of one megabyte",
        429 => "the receiver is called too often",
        500..=599 => "it is unknown whether the receiver accepted the report: look in its log",
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
            (500, Kind::UnknownOutcome, "accepted the report"),
            (503, Kind::UnknownOutcome, "accepted the report"),
        ] {
            let error = answered(status);
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{status}");
            let shown = format!("{error:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
        }
        assert_eq!((answered(429).kind(), answered(429).retry()), (Kind::RateLimited, Retry::Soon));
    }
}
