//! From a request to the service that answers it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Held;
use axum::http::{HeaderMap, Method, Uri};
use axum::routing::any;
use serde_json::json;

use super::answer::GoogleAnswer;
use super::fake::FakeSecretManager;
use super::secrets::item;
use super::state::State;
use super::tokens;
use crate::server::matches;

impl FakeSecretManager {
    /// The routes of Secret Manager (`/v1/projects/…`), of Google's token service (`/token`), of federation (`/v1/token`), of
    /// impersonation (`/v1/projects/-/serviceAccounts/…`) and of the metadata server (`/computeMetadata/…`).
    pub fn router(&self) -> Router {
        Router::new().route("/", any(answer)).route("/{*path}", any(answer)).with_state(self.clone())
    }
}

async fn answer(
    Held(manager): Held<FakeSecretManager>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> GoogleAnswer {
    let state = &mut *manager.lock();
    let query = uri.query().unwrap_or_default();
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let bearer = bearer.unwrap_or_default();
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8_lossy();
    let path = path.trim_start_matches('/');
    if let Some(rest) = path.strip_prefix("computeMetadata/") {
        return tokens::machine(state, rest, query, &headers);
    }
    if let Some(account) = path.strip_prefix("v1/projects/-/serviceAccounts/") {
        return match account.strip_suffix(":generateAccessToken") {
            Some(email) => tokens::impersonation(state, email, bearer),
            None => GoogleAnswer::missing("unknown method"),
        };
    }
    match (method.as_str(), path) {
        ("GET", "") => tokens::machine(state, "", query, &headers),
        ("POST", "token") => tokens::account(state, &body),
        ("POST", "v1/token") => tokens::federation(state, &body),
        ("GET", path) => secrets(state, path, query, bearer),
        _ => GoogleAnswer::invalid("This fake is read-only."),
    }
}

fn secrets(state: &State, path: &str, query: &str, bearer: &str) -> GoogleAnswer {
    if !state.accepts(bearer) {
        return GoogleAnswer::unauthenticated();
    }
    if state.service_disabled {
        return GoogleAnswer::service_disabled();
    }
    let steps: Vec<&str> = path.split('/').collect();
    let known =
        |project: &str| [FakeSecretManager::PROJECT, FakeSecretManager::PROJECT_NUMBER].contains(&project);
    let (location, below) = match steps.as_slice() {
        ["v1", "projects", project, "locations", location, below @ ..] if known(project) => {
            (Some(*location), below)
        }
        ["v1", "projects", project, below @ ..] if known(project) => (None, below),
        _ => return GoogleAnswer::denied("secretmanager.versions.access", path.trim_start_matches("v1/")),
    };
    match below {
        ["secrets"] if state.lists_denied => {
            GoogleAnswer::denied("secretmanager.secrets.list", "projects/team-test")
        }
        ["secrets"] => list(state, location, query),
        ["secrets", name, "versions", version] => match version.strip_suffix(":access") {
            Some(_) if state.denied.iter().any(|pattern| matches(pattern, name)) => {
                GoogleAnswer::denied("secretmanager.versions.access", path.trim_start_matches("v1/"))
            }
            Some(version) => state.secrets.access(location, name, version),
            None => GoogleAnswer::invalid("unknown method"),
        },
        _ => GoogleAnswer::invalid("unknown resource"),
    }
}

/// A page of the list, and the token of the next one.
fn list(state: &State, location: Option<&str>, query: &str) -> GoogleAnswer {
    let number = |name: &str| tokens::form_field(query.as_bytes(), name).parse::<usize>().ok();
    let asked = number("pageSize").filter(|size| *size > 0).unwrap_or(25_000);
    let size = state.page_size.unwrap_or(asked).min(asked);
    let start = number("pageToken").unwrap_or(0);
    let names = state.secrets.names(location);
    let page: Vec<_> = names.iter().skip(start).take(size).map(|name| item(location, name)).collect();
    let next = start + page.len();
    let mut body = json!({ "totalSize": names.len() });
    if !page.is_empty() {
        body["secrets"] = json!(page);
    }
    if next < names.len() {
        body["nextPageToken"] = json!(next.to_string());
    }
    GoogleAnswer::data(body)
}
