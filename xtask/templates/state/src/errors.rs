//! What the statuses of the service mean, in our words.

use deployer_core::{Error, Kind, Result};
use deployer_http::{Response, status_error, write_error};

/// The answer to a read, or the failure that its status stands for. `attempted` names the thing: `read x`.
pub(crate) fn check_read(attempted: &str, response: Response) -> Result<Response> {
    if response.is_success() { Ok(response) } else { Err(hinted(status_error(attempted, &response))) }
}

/// The same for a write. When the service fails, it is unknown whether the object was written.
pub(crate) fn check_write(attempted: &str, response: Response) -> Result<Response> {
    if response.is_success() { Ok(response) } else { Err(hinted(write_error(attempted, &response))) }
}

/// A success that says nothing about the object.
pub(crate) fn unreadable(kind: Kind, attempted: &str) -> Error {
    let cause = "the answer is not one of the service";
    Error::new(kind, attempted).with_cause(cause).with_hint("check `url`, and whether a proxy answers instead")
}

fn hinted(error: Error) -> Error {
    match error.kind() {
        Kind::Unauthenticated => error.with_hint("the service does not accept `token`: renew it"),
        Kind::Denied => error.with_hint("`token` is good, but may not do this: give its owner the right to"),
        Kind::NotFound => error.with_hint("check `url`"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use deployer_http::HeaderMap;

    use super::*;

    #[test]
    fn each_refusal_says_what_to_do_and_repeats_nothing() {
        for (status, of_reads, of_writes, expected) in [
            (401, Kind::Unauthenticated, Kind::Unauthenticated, "renew it"),
            (403, Kind::Denied, Kind::Denied, "give its owner the right"),
            (404, Kind::NotFound, Kind::NotFound, "check `url`"),
            (503, Kind::Unavailable, Kind::UnknownOutcome, "HTTP 503"),
        ] {
            let response = || Response::new(status, HeaderMap::new(), "hunter2");
            let read = check_read("read x", response()).unwrap_err();
            let write = check_write("write x", response()).unwrap_err();
            assert_eq!((read.kind(), write.kind()), (of_reads, of_writes), "{status}");
            let shown = format!("{read:?}{write:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
