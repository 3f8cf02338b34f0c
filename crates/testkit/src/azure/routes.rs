//! From a request to the service that answers it.

use axum::body::Bytes;
use axum::extract::State as Held;
use axum::http::{HeaderMap, Method, Uri};
use axum::routing::any;
use axum::{Extension, Router};
use serde_json::json;

use super::answer::AzureAnswer;
use super::asked::Asked;
use super::fake::FakeKeyVault;
use super::identity;
use super::state::State;
use crate::server::{Origin, matches};

impl FakeKeyVault {
    /// The routes of the vault (`/secrets`, `/deletedsecrets`), of Entra ID (`/<tenant>/…`), of the identity service
    /// (`/metadata/identity/oauth2/token` and `/msi/token`) and of Azure Pipelines (`/oidc`).
    pub fn router(&self) -> Router {
        // One route: clients ask for a secret with and without a slash at the end.
        Router::new().route("/{*path}", any(answer)).with_state(self.clone())
    }
}

async fn answer(
    Held(vault): Held<FakeKeyVault>,
    Extension(origin): Extension<Origin>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> AzureAnswer {
    let asked = Asked {
        method: method.as_str(),
        origin: &origin.0,
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        body: &body,
    };
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let mut state = vault.lock();
    let steps: Vec<&str> = uri.path().trim_start_matches('/').splitn(2, '/').collect();
    match (steps[0], steps.get(1).copied().unwrap_or_default()) {
        ("secrets" | "deletedsecrets", _) => secrets(&state, &asked, bearer),
        ("metadata", "identity/oauth2/token") => identity::machine(&mut state, &asked, &headers),
        ("msi", "token") => identity::app_service(&mut state, &asked, &headers),
        ("oidc", "") => identity::pipelines(&state, &asked, bearer),
        (tenant, path) => identity::entra(&mut state, &asked, tenant, path),
    }
}

fn secrets(state: &State, asked: &Asked<'_>, bearer: Option<&str>) -> AzureAnswer {
    let message = match bearer {
        Some(token) if state.accepts(token) => None,
        Some(_) => Some(
            "[BearerReadAccessTokenFailed] AKV10032: Invalid issuer. Expected one of https://sts.windows.net/fake/, found https://sts.windows.net/other/.",
        ),
        None => Some("AKV10000: Request is missing a Bearer or PoP token."),
    };
    if let Some(message) = message {
        return AzureAnswer::challenge(asked.origin, message);
    }
    if let Some(network) = state.network {
        return AzureAnswer::elsewhere(network);
    }
    if asked.parameter("api-version").is_none() {
        return AzureAnswer::bad("api-version must be specified");
    }
    let steps: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    match (asked.method, steps.as_slice()) {
        ("GET", ["secrets"]) => list(state, asked),
        ("GET", ["secrets", name]) => read(state, asked, name, ""),
        ("GET", ["secrets", name, version]) => read(state, asked, name, version),
        ("GET", ["deletedsecrets", name]) => match (refusal(state, name), state.secrets.deleted(name)) {
            (Some(refused), _) => refused,
            (None, Some(secret)) => AzureAnswer::data(secret.without_value(asked.origin)),
            (None, None) => AzureAnswer::missing(name),
        },
        _ => AzureAnswer::unknown(),
    }
}

fn refusal(state: &State, name: &str) -> Option<AzureAnswer> {
    let (_, permission) = state.refused.iter().find(|(pattern, _)| matches(pattern, name))?;
    Some(AzureAnswer::refused(*permission, "getSecret"))
}

fn read(state: &State, asked: &Asked<'_>, name: &str, version: &str) -> AzureAnswer {
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return AzureAnswer::bad("The request URI contains an invalid name");
    }
    if let Some(refused) = refusal(state, name) {
        return refused;
    }
    match state.secrets.get(name, version) {
        None => AzureAnswer::missing(name),
        Some((_, version)) if !version.is_enabled() => AzureAnswer::disabled(),
        Some((secret, version)) => AzureAnswer::data(secret.with_value(version, asked.origin)),
    }
}

/// A page of the list, and where the next one is.
fn list(state: &State, asked: &Asked<'_>) -> AzureAnswer {
    if let Some(permission) = state.lists_refused {
        return AzureAnswer::refused(permission, "list");
    }
    let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let size = number("maxresults").unwrap_or(state.page_size).min(state.page_size).max(1);
    let start = number("$skiptoken").unwrap_or(0);
    let listed = state.secrets.listed();
    let page: Vec<_> = listed.iter().skip(start).take(size).map(|secret| secret.item(asked.origin)).collect();
    let next = start + page.len();
    let origin = state.next_origin.as_deref().unwrap_or(asked.origin);
    let version = asked.parameter("api-version").unwrap_or_default();
    let more = (next < listed.len())
        .then(|| format!("{origin}/secrets?api-version={version}&$skiptoken={next}&maxresults={size}"));
    AzureAnswer::data(json!({ "value": page, "nextLink": more }))
}
