//! GitHub's REST API, as far as Vault's login asks it
//! (<https://docs.github.com/en/rest/orgs/orgs>, <https://docs.github.com/en/rest/users/users>).

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::server::Server;

/// One organisation with one team; members and others are told apart by their tokens.
#[derive(Debug)]
pub struct GithubApi {
    server: Server,
}

#[derive(Debug, Clone)]
struct Known {
    members: Vec<String>,
    others: Vec<String>,
}

impl GithubApi {
    /// The organisation.
    pub const ORGANISATION: &str = "acme";
    /// The team that every member is in.
    pub const TEAM: &str = "deployers";

    /// Serves it. Tokens of `members` belong to people in the organisation, those of `others` to people who are not.
    pub fn start(members: &[&str], others: &[&str]) -> Self {
        let owned = |tokens: &[&str]| tokens.iter().map(|token| (*token).to_owned()).collect();
        let known = Known { members: owned(members), others: owned(others) };
        let router = Router::new()
            .route("/orgs/{name}", get(organisation))
            .route("/user", get(user))
            .route("/user/orgs", get(organisations))
            .route("/user/teams", get(teams))
            .with_state(known);
        Self { server: Server::http(router) }
    }

    /// The value for Vault's `base_url`.
    pub fn base_url(&self) -> String {
        self.server.url("/")
    }

    /// The server, with its log.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

/// Who asks: a member, another, or nobody.
fn is_member(known: &Known, headers: &HeaderMap) -> Option<bool> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    let is = |tokens: &[String]| tokens.iter().any(|known| known == token);
    if is(&known.members) { Some(true) } else { is(&known.others).then_some(false) }
}

fn answer(known: &Known, headers: &HeaderMap, body: impl FnOnce(bool) -> Value) -> Response {
    match is_member(known, headers) {
        Some(member) => Json(body(member)).into_response(),
        None => (StatusCode::UNAUTHORIZED, Json(json!({ "message": "Bad credentials" }))).into_response(),
    }
}

fn acme() -> Value {
    json!({ "id": 7, "login": GithubApi::ORGANISATION })
}

async fn organisation(Path(name): Path<String>) -> Response {
    if name == GithubApi::ORGANISATION {
        Json(acme()).into_response()
    } else {
        (StatusCode::NOT_FOUND, Json(json!({ "message": "Not Found" }))).into_response()
    }
}

async fn user(State(known): State<Known>, headers: HeaderMap) -> Response {
    answer(&known, &headers, |_| json!({ "id": 1, "login": "someone" }))
}

async fn organisations(State(known): State<Known>, headers: HeaderMap) -> Response {
    answer(&known, &headers, |member| if member { json!([acme()]) } else { json!([]) })
}

async fn teams(State(known): State<Known>, headers: HeaderMap) -> Response {
    let team = json!({
        "id": 3, "name": GithubApi::TEAM, "slug": GithubApi::TEAM, "organization": acme(),
    });
    answer(&known, &headers, |member| if member { json!([team]) } else { json!([]) })
}
