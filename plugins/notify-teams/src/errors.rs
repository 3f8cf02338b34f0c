//! The meaning of a trigger's answers, in our words.

use deployer_core::{Error, Kind, Result, Retry};
use deployer_http::{Response, write_error};

/// The address was copied without its end, or the trigger requires callers to sign in.
const SIGNATURE: &str = "copy the whole address of the trigger again, `sig=` at its end included; \
    in the trigger, \"Who can trigger the flow\" must be \"Anyone\"";

/// Fails unless the flow accepted the message: with any success status, except for a web page.
///
/// A flow cannot recognise a message that is sent twice, so only a rate-limited call is retried: then nothing was posted.
pub(crate) fn check(attempted: &str, response: &Response) -> Result<()> {
    if response.is_success() {
        return if response.is_html() { Err(page(attempted)) } else { Ok(()) };
    }
    let error = write_error(attempted, response);
    let hint = match response.status {
        400 => {
            "the flow must start with \"When a Teams webhook request is received\" and post the attachments of that \
             request as cards"
        }
        401 | 403 => SIGNATURE,
        404 | 410 => {
            "the flow was deleted or is turned off, or its address has changed: turn it on, and copy its address again"
        }
        413 => "the card is larger than the flow takes: report this with the size that the flow allows",
        429 => "the flow is called too often",
        500..=599 => {
            "it is unknown whether the card was posted: look in the channel and in the flow's run history"
        }
        _ => "look in the flow's run history",
    };
    let retry = if error.kind() == Kind::RateLimited { error.retry() } else { Retry::Never };
    Err(error.with_retry(retry).with_hint(hint))
}

fn page(attempted: &str) -> Error {
    Error::new(Kind::Unexpected, attempted)
        .with_cause("a web page came back instead of the answer of a flow")
        .with_hint("check that the address is that of the flow's trigger, and whether a proxy or a sign-in page answers for it")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use deployer_http::HeaderMap;

    use super::*;

    fn answered(status: u16, headers: &[(&'static str, &str)]) -> Result<()> {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        check("post the card", &Response::new(status, headers, "hunter2"))
    }

    #[test]
    fn any_success_is_acceptance() {
        for status in [200, 202, 204] {
            answered(status, &[]).unwrap();
        }
        let page = answered(200, &[("content-type", "text/html; charset=utf-8")]).unwrap_err();
        assert_eq!((page.kind(), page.retry()), (Kind::Unexpected, Retry::Never));
    }

    #[test]
    fn each_refusal_says_what_to_do_and_repeats_nothing() {
        for (status, kind, expected) in [
            (400, Kind::Rejected, "When a Teams webhook request is received"),
            (401, Kind::Unauthenticated, "`sig=`"),
            (403, Kind::Denied, "Anyone"),
            (404, Kind::NotFound, "deleted or is turned off"),
            (413, Kind::Rejected, "larger than the flow takes"),
            (418, Kind::Rejected, "run history"),
            (500, Kind::UnknownOutcome, "whether the card was posted"),
            (502, Kind::UnknownOutcome, "whether the card was posted"),
            (504, Kind::UnknownOutcome, "whether the card was posted"),
        ] {
            let error = answered(status, &[("retry-after", "3")]).unwrap_err();
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{status}");
            let shown = format!("{error:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn only_being_asked_to_wait_is_worth_another_try() {
        let wait = answered(429, &[("retry-after", "3")]).unwrap_err();
        assert_eq!((wait.kind(), wait.retry()), (Kind::RateLimited, Retry::After(Duration::from_secs(3))));
        assert_eq!(answered(429, &[]).unwrap_err().retry(), Retry::Soon);
    }
}
