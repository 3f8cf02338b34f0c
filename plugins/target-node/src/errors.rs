//! What the statuses and answers of a node mean, in our words.

use std::collections::HashMap;

use deployer_core::{Error, Kind, Result};
use deployer_http::{Effect, Response, classify};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::wire::Wire;

/// The most bytes of the node's own words that are repeated.
const LONGEST_DETAIL: usize = 2048;

/// The answer to a read, or the failure that its status stands for.
pub(crate) fn check_read(attempted: &str, response: Response, wire: &Wire) -> Result<Response> {
    if response.is_success() { Ok(response) } else { Err(refusal(attempted, &response, Effect::Read, wire)) }
}

/// How a node confirms a write. It always answers with a JSON object: the `validation_errors` of a configuration, a message, or the
/// variables that it has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// An object with at least one member.
    Content,
    /// The variables of a node that has none now: an object that can be empty.
    NoVariables,
}

/// The answer to a write, or the failure that its status stands for.
///
/// A success without a node's confirmation can come from a proxy or a sign-in page, so the outcome of the write is unknown.
pub(crate) fn check_write(
    attempted: &str,
    response: Response,
    confirmation: Confirmation,
    wire: &Wire,
) -> Result<Response> {
    if !response.is_success() {
        return Err(refusal(attempted, &response, Effect::Write, wire));
    }
    let object = serde_json::from_slice::<HashMap<String, IgnoredAny>>(&response.body);
    if object.is_ok_and(|object| !object.is_empty() || confirmation == Confirmation::NoVariables) {
        return Ok(response);
    }
    Err(Error::new(Kind::UnknownOutcome, attempted)
        .with_cause(format!(
            "{} answered HTTP {} without the confirmation that a Sesam node gives",
            wire.location(),
            response.status
        ))
        .with_hint("check that `url` leads to the node itself, and not to a login page or a proxy"))
}

/// The failure that a status stands for.
pub(crate) fn refusal(attempted: &str, response: &Response, effect: Effect, wire: &Wire) -> Error {
    let (kind, retry) = classify(effect, response.status, response.retry_after());
    let mut error = Error::new(kind, attempted)
        .with_cause(format!("{} answered HTTP {}", wire.location(), response.status))
        .with_retry(retry);
    if let Some(words) = words(response) {
        error = error.with_detail(words);
    }
    match kind {
        Kind::Unauthenticated => {
            error.with_hint("the node does not accept the token: it is expired, revoked or for another node")
        }
        Kind::Denied => error.with_hint(match wire.claims().roles() {
            [] => "the token lacks the role Admin or Developer of this node".to_owned(),
            roles => format!(
                "the token lacks the role Admin or Developer of this node; it has {}",
                roles.join(", ")
            ),
        }),
        Kind::NotFound => error.with_hint("check `url`: it must lead to the service API of a Sesam node"),
        _ if response.status == 503 => error.with_hint("the node might be starting or hibernating"),
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
