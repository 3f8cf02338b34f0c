//! What the statuses of a node mean, in our words.

use deployer_core::{Error, Kind, Result};
use deployer_http::{Effect, Response, classify};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::wire::Wire;

/// The most bytes of the node's own words that are repeated.
const LONGEST_DETAIL: usize = 2048;

/// The answer of a request that reads, or the failure that its status stands for.
pub(crate) fn check_read(attempted: &str, response: Response, wire: &Wire) -> Result<Response> {
    if response.is_success() { Ok(response) } else { Err(refusal(attempted, &response, Effect::Read, wire)) }
}

/// The answer of a request that writes, or the failure that its status stands for.
///
/// A success whose body is no JSON did not come from a node, so nobody knows what became of the write.
pub(crate) fn check_write(attempted: &str, response: Response, wire: &Wire) -> Result<Response> {
    if !response.is_success() {
        return Err(refusal(attempted, &response, Effect::Write, wire));
    }
    if !response.body.is_empty() && serde_json::from_slice::<IgnoredAny>(&response.body).is_err() {
        return Err(Error::new(Kind::UnknownOutcome, attempted)
            .with_cause(format!(
                "{} answered HTTP {}, but not as a Sesam node does",
                wire.location(),
                response.status
            ))
            .with_hint("check that `url` leads to the node itself, and not to a login page or a proxy"));
    }
    Ok(response)
}

/// The failure that a status stands for.
pub(crate) fn refusal(attempted: &str, response: &Response, effect: Effect, wire: &Wire) -> Error {
    let (kind, retry) = classify(response.status, response.retry_after());
    // A node that broke down half-way, and a gateway that gave up waiting, leave it open whether the write was applied.
    let kind = match (effect, response.status) {
        (Effect::Write, 500 | 502 | 504) => Kind::UnknownOutcome,
        _ => kind,
    };
    let mut error = Error::new(kind, attempted)
        .with_cause(format!("{} answered HTTP {}", wire.location(), response.status))
        .with_retry(retry);
    if let Some(words) = words(response) {
        error = error.with_detail(words);
    }
    match kind {
        Kind::Unauthenticated => error.with_hint(
            "the node does not accept the token: it has ended, was revoked, or belongs to another node",
        ),
        Kind::Denied => error.with_hint(match wire.claims().roles() {
            [] => "the token lacks the role Admin or Developer of this node".to_owned(),
            roles => format!(
                "the token lacks the role Admin or Developer of this node; it has {}",
                roles.join(", ")
            ),
        }),
        Kind::NotFound => error.with_hint("check `url`: it must lead to the service API of a Sesam node"),
        Kind::Unavailable => error.with_hint("the node may be starting or hibernating"),
        _ => error,
    }
}

/// The node's own explanation, from the JSON problem object that it answers with. Pages made for browsers give none.
pub(crate) fn words(response: &Response) -> Option<String> {
    let problem: Value = serde_json::from_slice(&response.body).ok()?;
    let text = ["detail", "title", "message"].into_iter().find_map(|member| problem.get(member)?.as_str())?;
    Some(capped(text).to_owned())
}

/// The start of a text, short enough to be repeated.
pub(crate) fn capped(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_DETAIL)]
}
