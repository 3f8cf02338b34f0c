//! What the statuses of the service mean, in our words.

use deployer_core::{Kind, Result, Retry};
use deployer_http::{Response, write_error};

/// The answer, or the failure that its status stands for. `attempted` names the thing: `post the message`.
///
/// When the service fails, it is unknown whether the message was posted. Only a rate-limited call is retried: then it was not.
pub(crate) fn check(attempted: &str, response: Response) -> Result<Response> {
    if response.is_success() {
        return Ok(response);
    }
    let error = write_error(attempted, &response);
    let retry = if error.kind() == Kind::RateLimited { error.retry() } else { Retry::Never };
    let error = error.with_retry(retry);
    Err(match error.kind() {
        Kind::Unauthenticated => error.with_hint("the service does not accept `token`: renew it"),
        Kind::Denied => error.with_hint("`token` is good, but must not post: give its owner the right to"),
        Kind::NotFound => error.with_hint("check `url`"),
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use deployer_http::HeaderMap;

    use super::*;

    #[test]
    fn each_refusal_says_what_to_do_and_repeats_nothing() {
        for (status, kind, retry, expected) in [
            (401, Kind::Unauthenticated, Retry::Never, "renew it"),
            (403, Kind::Denied, Retry::Never, "give its owner the right"),
            (404, Kind::NotFound, Retry::Never, "check `url`"),
            (429, Kind::RateLimited, Retry::Soon, "HTTP 429"),
            (503, Kind::UnknownOutcome, Retry::Never, "HTTP 503"),
        ] {
            let response = Response::new(status, HeaderMap::new(), "hunter2");
            let error = check("post the message", response).unwrap_err();
            assert_eq!((error.kind(), error.retry()), (kind, retry), "{status}");
            let shown = format!("{error:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
