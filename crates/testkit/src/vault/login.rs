//! Logins and unwrapping: the requests that need no token of ours.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::answer::VaultAnswer;
use super::state::{AuthMethod, State, Wrapped};

/// A login at `auth/<mount>/login` or `auth/<mount>/login/<user>`; `None` when the path is no login of a mounted method.
pub(super) fn login(state: &mut State, path: &str, body: &Value) -> Option<VaultAnswer> {
    let below = path.strip_prefix("auth/")?;
    let (mount, method, user) = state.auth_methods.iter().find_map(|(mount, method)| {
        let rest = below.strip_prefix(mount.as_str())?.strip_prefix("/login")?;
        let user = if rest.is_empty() { None } else { Some(rest.strip_prefix('/')?) };
        Some((mount.clone(), *method, user))
    })?;
    Some(match (method, user) {
        (AuthMethod::GitHub, None) => github(state, path, body),
        (AuthMethod::AppRole, None) => approle(state, path, body),
        (AuthMethod::Userpass | AuthMethod::Ldap | AuthMethod::Radius, Some(user)) => {
            password(state, path, &mount, method, user, body)
        }
        (AuthMethod::Kubernetes | AuthMethod::Jwt | AuthMethod::Azure, None) => {
            let jwt = text(body, "jwt").unwrap_or_default();
            identity(state, path, &mount, method, jwt, body)
        }
        (AuthMethod::Aws, None) => {
            let Some(key) = access_key(body) else {
                return Some(VaultAnswer::invalid("didn't supply required authentication values"));
            };
            identity(state, path, &mount, method, &key, body)
        }
        _ => VaultAnswer::unsupported(),
    })
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// GitHub's refusal reaches the client as an internal error of Vault (hashicorp/vault issue 18579).
fn github(state: &mut State, path: &str, body: &Value) -> VaultAnswer {
    let Some(token) = text(body, "token") else {
        return VaultAnswer::invalid("missing token");
    };
    if state.github_outsiders.iter().any(|known| known == token) {
        return VaultAnswer::error(StatusCode::INTERNAL_SERVER_ERROR, &["user is not part of required org"]);
    }
    if !state.github.iter().any(|known| known == token) {
        let text = "GET https://api.github.com/user: 401 Bad credentials []";
        return VaultAnswer::error(StatusCode::INTERNAL_SERVER_ERROR, &[text]);
    }
    VaultAnswer::auth(state.tokens.issue(path))
}

fn approle(state: &mut State, path: &str, body: &Value) -> VaultAnswer {
    let Some(role) = text(body, "role_id") else {
        let text = "failed to determine alias name from login request";
        return VaultAnswer::error(StatusCode::INTERNAL_SERVER_ERROR, &[text]);
    };
    let Some(wanted) = state.approles.get(role) else {
        return VaultAnswer::invalid("invalid role or secret ID");
    };
    match (wanted, text(body, "secret_id")) {
        (Some(_), None) => VaultAnswer::invalid("invalid role or secret ID"),
        (Some(wanted), Some(given)) if wanted != given => VaultAnswer::invalid("invalid role or secret ID"),
        _ => VaultAnswer::auth(state.tokens.issue(path)),
    }
}

fn password(
    state: &mut State,
    path: &str,
    mount: &str,
    method: AuthMethod,
    user: &str,
    body: &Value,
) -> VaultAnswer {
    let given = text(body, "password");
    let known = state.users.get(&(mount.to_owned(), user.to_owned()));
    if known.is_some() && known.map(String::as_str) == given {
        return VaultAnswer::auth(state.tokens.issue(path));
    }
    VaultAnswer::invalid(match method {
        AuthMethod::Ldap => "ldap operation failed: failed to bind as user",
        AuthMethod::Radius => "access denied by the authentication server",
        _ => "invalid username or password",
    })
}

fn identity(
    state: &mut State,
    path: &str,
    mount: &str,
    method: AuthMethod,
    credential: &str,
    body: &Value,
) -> VaultAnswer {
    let role = text(body, "role").unwrap_or_default();
    let roles = || state.identities.iter().filter(|known| known.mount == mount && known.role == role);
    if roles().next().is_none() {
        return VaultAnswer::invalid(&match method {
            AuthMethod::Kubernetes => format!("invalid role name \"{role}\""),
            AuthMethod::Jwt => format!("role \"{role}\" could not be found"),
            AuthMethod::Aws => format!("entry for role {role} not found"),
            _ => format!("invalid role name \"{role}\""),
        });
    }
    if roles().any(|known| known.credential == credential) {
        return VaultAnswer::auth(state.tokens.issue(path));
    }
    match method {
        AuthMethod::Kubernetes => VaultAnswer::error(StatusCode::FORBIDDEN, &["permission denied"]),
        AuthMethod::Jwt => VaultAnswer::invalid(
            "error validating token: error verifying token signature: no known key successfully validated the token signature",
        ),
        AuthMethod::Aws => VaultAnswer::invalid(
            "error making upstream request: received error code 403 from STS: InvalidClientTokenId",
        ),
        _ => VaultAnswer::invalid("invalid token"),
    }
}

/// The access key in the head of the signature.
fn access_key(body: &Value) -> Option<String> {
    let decoded = |name: &str| STANDARD.decode(text(body, name)?).ok();
    let headers: Value = serde_json::from_slice(&decoded("iam_request_headers")?).ok()?;
    let question = decoded("iam_request_body")?;
    let is_question = question == b"Action=GetCallerIdentity&Version=2011-06-15";
    let authorization =
        headers.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?.1;
    let signed = authorization.as_str().or_else(|| authorization.get(0)?.as_str())?;
    let key = signed.strip_prefix("AWS4-HMAC-SHA256 Credential=")?.split('/').next()?;
    (is_question && text(body, "iam_request_url").is_some()).then(|| key.to_owned())
}

/// The wrapping token stands in the header in place of a token, or in the body beside a token of one's own.
pub(super) fn unwrap(state: &mut State, header: Option<&str>, body: &Value) -> VaultAnswer {
    let token = text(body, "token").or(header).unwrap_or_default().to_owned();
    if header.is_none() && state.is_wrapping_token(&token) {
        return VaultAnswer::error(StatusCode::FORBIDDEN, &["permission denied"]);
    }
    match state.unwrap(&token) {
        Some(Wrapped::Data(fields)) => VaultAnswer::data(Value::Object(fields)),
        Some(Wrapped::Login) => VaultAnswer::auth(state.tokens.issue("sys/wrapping/unwrap")),
        None => VaultAnswer::invalid("wrapping token is not valid or does not exist"),
    }
}
