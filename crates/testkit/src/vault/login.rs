//! Logins and unwrapping: the requests that need no token of ours.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::Answer;
use super::state::{State, Wrapped};

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// A personal token of GitHub.
    GitHub,
    /// A role id, with or without a secret id.
    AppRole,
}

/// A login at `auth/<mount>/login`; `None` when the path is no login of a mounted method.
pub(super) fn login(state: &mut State, path: &str, body: &Value) -> Option<Answer> {
    let mount = path.strip_prefix("auth/")?.strip_suffix("/login")?;
    Some(match state.auth_methods.get(mount)? {
        AuthMethod::GitHub => github(state, path, body),
        AuthMethod::AppRole => approle(state, path, body),
    })
}

/// GitHub's refusal reaches the client as an internal error of Vault (hashicorp/vault issue 18579).
fn github(state: &mut State, path: &str, body: &Value) -> Answer {
    let Some(token) = body.get("token").and_then(Value::as_str) else {
        return Answer::invalid("missing token");
    };
    if !state.github.iter().any(|known| known == token) {
        let text = "GET https://api.github.com/user: 401 Bad credentials []";
        return Answer::error(StatusCode::INTERNAL_SERVER_ERROR, &[text]);
    }
    Answer::auth(state.tokens.issue(path))
}

fn approle(state: &mut State, path: &str, body: &Value) -> Answer {
    let Some(role) = body.get("role_id").and_then(Value::as_str).filter(|role| !role.is_empty()) else {
        return Answer::invalid("missing role_id");
    };
    let Some(wanted) = state.approles.get(role) else {
        return Answer::invalid("invalid role or secret ID");
    };
    let given = body.get("secret_id").and_then(Value::as_str).filter(|secret| !secret.is_empty());
    match (wanted, given) {
        (Some(_), None) => Answer::invalid("missing secret_id"),
        (Some(wanted), Some(given)) if wanted != given => Answer::invalid("invalid role or secret ID"),
        _ => Answer::auth(state.tokens.issue(path)),
    }
}

/// The wrapping token stands in the body, or in the header in place of a token.
pub(super) fn unwrap(state: &mut State, header: Option<&str>, body: &Value) -> Answer {
    let token = body.get("token").and_then(Value::as_str).or(header).unwrap_or_default().to_owned();
    match state.unwrap(&token) {
        Some(Wrapped::Data(fields)) => Answer::data(Value::Object(fields)),
        Some(Wrapped::Login) => Answer::auth(state.tokens.issue("sys/wrapping/unwrap")),
        None => Answer::invalid("wrapping token is not valid or does not exist"),
    }
}
