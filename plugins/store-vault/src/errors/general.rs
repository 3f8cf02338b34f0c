//! Failures that have nothing to do with the requested path.

use deployer_core::{Error, Kind, Retry};
use deployer_http::{Response, status_error};

use super::said::Said;

/// A failure that has nothing to do with the path that was asked for. `attempted` names no path, so that equal failures of many
/// reads are told once.
pub(crate) fn general(attempted: &str, response: &Response, said: &Said) -> Error {
    let error = status_error(attempted, response);
    let later = response.retry_after().map_or(Retry::Soon, Retry::After);
    let unavailable =
        |cause: &str| Error::new(Kind::Unavailable, attempted).with_cause(cause).with_retry(later);
    let error = match response.status {
        412 => unavailable("this server is not up to date yet"),
        403 if said.is_invalid_token() => Error::new(Kind::Unauthenticated, attempted)
            .with_cause("the token is not valid: it has expired, was revoked or used up, or is of another server or namespace")
            .with_hint("get a new token, or let a login method get one in each run (`login.github`, `login.approle`, …)"),
        503 if said.any(&["sealed"]) => unavailable("Vault is sealed").with_hint("ask its operators to unseal it"),
        503 if said.any(&["standby", "active node"]) => unavailable("this is a standby server, and no active one answers")
            .with_hint("try again later, or set `address` to the active server"),
        503 if said.any(&["maintenance", "not initialized"]) => {
            unavailable("Vault is not ready for requests").with_hint("ask its operators")
        }
        429 => error.with_hint("Vault limits how many requests it takes (quotas): ask its operators for a higher limit"),
        _ => error,
    };
    said.add_to(error)
}

/// A refusal of another server than Vault.
pub(crate) fn not_vault(attempted: &str, response: &Response) -> Error {
    Error::new(status_error(attempted, response).kind(), attempted)
        .with_cause(format!("HTTP {}, and the answer is not one of Vault", response.status))
        .with_hint("check `address`, and whether a proxy answers for Vault")
}
