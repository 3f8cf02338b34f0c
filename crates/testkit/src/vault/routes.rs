//! From a request to the part of Vault that answers it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Held;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::any;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::answer::VaultAnswer;
use super::fake::FakeVault;
use super::state::State;
use super::{login, system};

const MOUNTS: &str = "sys/internal/ui/mounts/";
const INVALID_TOKEN: &str = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n";

impl FakeVault {
    /// The routes, below `/v1`.
    pub fn router(&self) -> Router {
        // `any` lets `LIST` through, a method of Vault's own; mounts may hold slashes, so there is one route.
        Router::new().route("/v1/{*path}", any(answer)).with_state(self.clone())
    }
}

async fn answer(
    Held(vault): Held<FakeVault>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> VaultAnswer {
    let path = uri.path().trim_start_matches("/v1/");
    let path = percent_decode_str(path).decode_utf8_lossy();
    let query = uri.query().unwrap_or_default();
    let body = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(_) if body.is_empty() => Value::Null,
        Err(_) => return VaultAnswer::invalid("failed to parse JSON input: invalid character"),
    };
    // `GET ?list=true` is the form for proxies that do not know `LIST`; a client may also PUT what it should POST.
    let listing = method == Method::GET && parameter(query, "list") == Some("true");
    let method = match method.as_str() {
        _ if listing => "LIST",
        "PUT" => "POST",
        other => other,
    };

    let mut state = vault.lock();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    state.namespaces.push((path.to_string(), header("x-vault-namespace").map(str::to_owned)));
    if path == "sys/health" {
        return system::health(&state);
    }
    if state.sealed {
        return VaultAnswer::error(StatusCode::SERVICE_UNAVAILABLE, &["Vault is sealed"]);
    }

    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = header("x-vault-token").or(bearer).filter(|token| !token.is_empty());
    let asked = Asked { method, path: &path, query, body: &body };
    match without_token(&mut state, &asked, token) {
        Some(answer) => answer,
        None => with_token(&mut state, &asked, token),
    }
}

/// A request, apart from its headers.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    body: &'a Value,
}

/// Answers what needs no token of a login; `None` when the request is not of that kind.
fn without_token(state: &mut State, asked: &Asked<'_>, token: Option<&str>) -> Option<VaultAnswer> {
    match (asked.method, asked.path) {
        (_, path) if path.starts_with("auth/") && state.denies(path) => Some(VaultAnswer::denied()),
        ("POST", "sys/wrapping/unwrap") => Some(login::unwrap(state, token, asked.body)),
        ("POST", path) => login::login(state, path, asked.body),
        _ => None,
    }
}

fn with_token(state: &mut State, asked: &Asked<'_>, token: Option<&str>) -> VaultAnswer {
    let Some(token) = token else {
        return VaultAnswer::error(StatusCode::FORBIDDEN, &["permission denied"]);
    };
    if !state.tokens.valid(token) {
        // A wrapping token may do nothing but be unwrapped, and any other use uses it up.
        let is_wrapping = state.unwrap(token).is_some();
        return if is_wrapping {
            VaultAnswer::denied()
        } else {
            VaultAnswer::error(StatusCode::FORBIDDEN, &[INVALID_TOKEN])
        };
    }
    match (asked.method, asked.path) {
        ("GET", path) if path.starts_with(MOUNTS) => system::mount_of(state, &path[MOUNTS.len()..]),
        ("POST", "sys/capabilities-self") => system::capabilities(state, asked.body),
        (_, path) if state.denies(path) => VaultAnswer::denied(),
        ("GET", "auth/token/lookup-self") => VaultAnswer::data(state.tokens.lookup(token)),
        ("POST", "auth/token/renew-self") => system::renew(state, token, asked.body),
        ("POST", "auth/token/revoke-self") => system::revoke(state, token),
        (method, path) => match state.engine_of(path) {
            Some((_, engine, rest)) => {
                let version = parameter(asked.query, "version").and_then(|version| version.parse().ok());
                engine.answer(method, rest, version)
            }
            None => VaultAnswer::no_handler(path),
        },
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
