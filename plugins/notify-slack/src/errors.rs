//! The meaning of Slack's answers, in our words. Slack answers nearly every failure with status 200, `ok: false` and a code in `error`.

use deployer_core::{Error, Kind, Result, Retry};
use deployer_http::{Response, write_error};
use serde::Deserialize;

/// The members that every answer of the Web API can have.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    needed: Option<String>,
}

/// Fails unless an answer of the Web API confirms the call.
///
/// Slack cannot recognise a message that is sent twice, so only a rate-limited call is retried: then nothing was posted.
pub(crate) fn check(attempted: &str, response: &Response) -> Result<()> {
    check_status(attempted, response)?;
    let answer: Answer = response.json("Slack's verdict").map_err(|error| error.context(attempted))?;
    if answer.ok { Ok(()) } else { Err(refusal(attempted, &answer, response)) }
}

/// Fails unless an incoming webhook posted the message: it answers `ok`, or an error's code with a status.
pub(crate) fn check_hook(attempted: &str, response: &Response) -> Result<()> {
    let said = std::str::from_utf8(&response.body).unwrap_or_default().trim();
    check_status(attempted, response).map_err(|error| explained(error, response.status, said))?;
    if said == "ok" {
        return Ok(());
    }
    Err(Error::new(Kind::Unexpected, attempted)
        .with_cause("the answer did not come from an incoming webhook")
        .with_hint("check the address, and whether a proxy or a sign-in page answers instead"))
}

/// A refused webhook call with the code that Slack answered and a hint for it.
fn explained(error: Error, status: u16, said: &str) -> Error {
    let is_code = (1..=60).contains(&said.len()) && said.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let error = if is_code { error.with_detail(format!("Slack answered {said}")) } else { error };
    match (status, said) {
        (_, "invalid_token" | "no_service" | "no_service_id" | "no_team" | "team_disabled") | (404, _) => {
            error.with_hint(
                "the webhook was removed or its address is incomplete: make a new one on the app's page",
            )
        }
        (_, "channel_is_archived") => {
            error.with_hint("unarchive the channel, or make a webhook for another one")
        }
        (_, "posting_to_general_channel_denied" | "action_prohibited" | "user_not_found") => {
            error.with_hint("the workspace does not let this webhook post there: ask its administrators")
        }
        (401 | 403, _) => error.with_hint("copy the whole address again from the app's page"),
        (500..=599, _) => {
            error.with_hint("it is unknown whether the message was posted: look in the channel")
        }
        _ => error,
    }
}

/// Fails unless the status is a success.
pub(crate) fn check_status(attempted: &str, response: &Response) -> Result<()> {
    if response.is_success() {
        return Ok(());
    }
    let error = write_error(attempted, response);
    let retry = if error.kind() == Kind::RateLimited { error.retry() } else { Retry::Never };
    Err(error.with_retry(retry))
}

/// The failure that a code stands for (<https://docs.slack.dev/reference/methods/chat.postMessage#errors>).
fn refusal(attempted: &str, answer: &Answer, response: &Response) -> Error {
    let code = answer.error.as_deref().map_or_else(String::new, word);
    let (kind, hint) = match code.as_str() {
        "ratelimited" | "rate_limited" => (Kind::RateLimited, None),
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => (
            Kind::Unauthenticated,
            Some("use the bot token (xoxb-…) that the app's page shows under OAuth & Permissions"),
        ),
        "missing_scope" => (Kind::Denied, None),
        "channel_not_found" | "invalid_channel" => (
            Kind::NotFound,
            Some(
                "check `channel`; a private channel is found only once the bot was invited: `/invite @bot` in it",
            ),
        ),
        "not_in_channel" => (Kind::Denied, Some("invite the bot: `/invite @bot` in the channel")),
        "is_archived" => (Kind::Rejected, Some("the channel is archived: unarchive it or name another")),
        "restricted_action" | "posting_to_channel_denied" | "enterprise_is_restricted" | "no_permission" => {
            (Kind::Denied, Some("the workspace does not let this app post there: ask its administrators"))
        }
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
            (Kind::Unavailable, None)
        }
        _ => (Kind::Rejected, None),
    };
    let said = if code.is_empty() {
        "Slack refused without a reason".to_owned()
    } else {
        format!("Slack answered {code}")
    };
    let mut error = Error::new(kind, attempted).with_cause(said);
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    if code == "missing_scope" {
        let needed = answer.needed.as_deref().map(word).filter(|needed| !needed.is_empty());
        let needed = needed.unwrap_or_else(|| "chat:write and files:write".to_owned());
        error = error
            .with_hint(format!("add the scope {needed} to the app, and install it in the workspace again"));
    }
    match kind {
        Kind::RateLimited => error.with_retry(response.retry_after().map_or(Retry::Soon, Retry::After)),
        _ => error,
    }
}

/// The characters of a code or a list of scopes; nothing else of an answer is repeated.
fn word(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | ',' | '-'))
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answered(status: u16, retry_after: Option<&str>, body: &'static str) -> Error {
        let mut headers = deployer_http::HeaderMap::new();
        if let Some(seconds) = retry_after {
            headers.insert("retry-after", seconds.parse().unwrap());
        }
        check("post the message", &Response::new(status, headers, body)).unwrap_err()
    }

    #[test]
    fn each_code_says_what_to_do() {
        for (body, kind, expected) in [
            (r#"{"ok":false,"error":"invalid_auth"}"#, Kind::Unauthenticated, "xoxb-"),
            (
                r#"{"ok":false,"error":"missing_scope","needed":"files:write","provided":"chat:write"}"#,
                Kind::Denied,
                "the scope files:write",
            ),
            (r#"{"ok":false,"error":"missing_scope"}"#, Kind::Denied, "chat:write and files:write"),
            (r#"{"ok":false,"error":"channel_not_found"}"#, Kind::NotFound, "check `channel`"),
            (r#"{"ok":false,"error":"not_in_channel"}"#, Kind::Denied, "/invite"),
            (r#"{"ok":false,"error":"is_archived"}"#, Kind::Rejected, "archived"),
            (r#"{"ok":false,"error":"restricted_action"}"#, Kind::Denied, "administrators"),
            (r#"{"ok":false,"error":"msg_too_long"}"#, Kind::Rejected, "msg_too_long"),
            (r#"{"ok":false}"#, Kind::Rejected, "without a reason"),
        ] {
            let error = answered(200, None, body);
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{body}");
            assert!(format!("{error:?}").contains(expected), "{error:?}");
        }
    }

    #[test]
    fn only_a_rate_limited_call_is_retried() {
        let wait = Retry::After(Duration::from_secs(3));
        assert_eq!(answered(429, Some("3"), r#"{"ok":false,"error":"ratelimited"}"#).retry(), wait);
        assert_eq!(answered(200, Some("3"), r#"{"ok":false,"error":"ratelimited"}"#).retry(), wait);
        assert_eq!(answered(200, None, r#"{"ok":false,"error":"ratelimited"}"#).retry(), Retry::Soon);
        for status in [500, 502, 503, 504] {
            assert_eq!(answered(status, Some("3"), "<html>").retry(), Retry::Never, "{status}");
        }
        assert_eq!(answered(200, None, "<html>hello</html>").kind(), Kind::Unexpected);
    }

    #[test]
    fn only_the_code_of_an_answer_is_repeated() {
        let error = answered(200, None, r#"{"ok":false,"error":"<b>\nweird</b>","stuff":"hunter2"}"#);
        assert_eq!(error.cause(), Some("Slack answered bweirdb"));
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    fn hook(status: u16, body: &'static str) -> Result<()> {
        check_hook("post the message", &Response::new(status, deployer_http::HeaderMap::new(), body))
    }

    #[test]
    fn a_webhook_answers_ok_or_a_code_that_says_what_to_do() {
        hook(200, "ok\n").unwrap();
        for (status, body, kind, expected) in [
            (200, "<html>hunter2</html>", Kind::Unexpected, "a sign-in page"),
            (200, r#"{"ok":true}"#, Kind::Unexpected, "a sign-in page"),
            (400, "invalid_blocks", Kind::Rejected, "Slack answered invalid_blocks"),
            (403, "action_prohibited", Kind::Denied, "administrators"),
            (403, "invalid_token", Kind::Denied, "make a new one"),
            (404, "no_service", Kind::NotFound, "make a new one"),
            (410, "channel_is_archived", Kind::NotFound, "unarchive"),
            (500, "rollup_error", Kind::UnknownOutcome, "whether the message was posted"),
            (502, "<html>hunter2</html>", Kind::UnknownOutcome, "whether the message was posted"),
        ] {
            let error = hook(status, body).unwrap_err();
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{body}");
            let shown = format!("{error:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
        }
        assert_eq!(hook(429, "rate_limited").unwrap_err().retry(), Retry::Soon);
    }
}
