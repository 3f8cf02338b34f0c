//! The errors of the service, by status.

use deployer_core::{Error, Kind, Result};
use deployer_http::{Response, status_error, write_error};
use serde::de::IgnoredAny;

/// The answer of a request that reads, or the error for its status. `attempted` names the action: `read x`.
pub(crate) fn check_read(attempted: &str, response: Response) -> Result<Response> {
    if response.is_success() { Ok(response) } else { Err(hinted(status_error(attempted, &response))) }
}

/// Fails unless a write was applied.
///
/// After a failure of the server the outcome is unknown. So it is after a success without JSON, which did not come from the service.
pub(crate) fn check_write(attempted: &str, response: &Response) -> Result<()> {
    if response.is_success() {
        return match serde_json::from_slice::<IgnoredAny>(&response.body) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::new(Kind::UnknownOutcome, attempted)
                .with_cause("the answer is not JSON, so it did not come from the service")
                .with_hint("check `url`, and whether a proxy answers for the service")),
        };
    }
    Err(hinted(write_error(attempted, response)))
}

/// The files were changed after the plan was made.
pub(crate) fn changed(location: &str) -> Error {
    Error::new(Kind::Conflict, format!("{location} was changed after the plan was made"))
        .with_hint("plan again")
}

fn hinted(error: Error) -> Error {
    match error.kind() {
        Kind::Unauthenticated => error.with_hint("the service does not accept `token`: renew it"),
        Kind::Denied => error.with_hint("`token` is valid, but has no right to do this: give its owner the right"),
        Kind::NotFound => error.with_hint("check `url`"),
        Kind::Conflict => error.with_hint("plan again"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use deployer_http::HeaderMap;

    use super::*;

    fn answered(status: u16, body: &'static str) -> Response {
        Response::new(status, HeaderMap::new(), body)
    }

    #[test]
    fn each_refusal_says_what_to_do_and_repeats_nothing() {
        for (status, kind, expected) in [
            (401, Kind::Unauthenticated, "renew it"),
            (403, Kind::Denied, "give its owner the right"),
            (404, Kind::NotFound, "check `url`"),
            (409, Kind::Conflict, "plan again"),
        ] {
            let read = check_read("read x", answered(status, "hunter2")).unwrap_err();
            let write = check_write("write x", &answered(status, "hunter2")).unwrap_err();
            assert_eq!((read.kind(), write.kind()), (kind, kind), "{status}");
            let shown = format!("{read:?}{write:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_write_is_applied_or_not_or_unknown() {
        check_write("write x", &answered(200, "{}")).unwrap();
        for (status, body) in [(200, "<html>hunter2</html>"), (408, ""), (500, "hunter2"), (503, ""), (504, "")] {
            let error = check_write("write x", &answered(status, body)).unwrap_err();
            assert_eq!(error.kind(), Kind::UnknownOutcome, "{status}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
