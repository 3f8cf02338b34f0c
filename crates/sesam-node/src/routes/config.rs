//! Whole configurations: `/config`, `/config/{group}`, `/config-all`, and the history of single entities.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::Value;

use crate::answer::{Answer, Refusal, json};
use crate::archive;
use crate::body;
use crate::config::replace::{self, Scope, Upload};
use crate::exact::ExactJson;
use crate::node::{Inner, now};
use crate::problem::Problem;
use crate::query::Parameters;
use crate::state::{Rules, State as NodeState};

pub(super) fn routes() -> Router<Arc<Inner>> {
    Router::new()
        .route("/config", get(get_default).put(put_default))
        .route("/config/{group}", get(get_group).put(put_group))
        .route("/config-all", get(get_all).put(put_all))
        .route("/config-history/entity", get(history))
}

async fn get_default(State(node): State<Arc<Inner>>, headers: HeaderMap) -> Answer {
    download(&node, Scope::Group(""), &headers)
}

async fn get_group(State(node): State<Arc<Inner>>, Path(group): Path<String>, headers: HeaderMap) -> Answer {
    download(&node, Scope::Group(addressed(&node, &group)), &headers)
}

async fn get_all(State(node): State<Arc<Inner>>, headers: HeaderMap) -> Answer {
    download(&node, Scope::All, &headers)
}

async fn put_default(State(node): State<Arc<Inner>>, parameters: Parameters, request: Request) -> Answer {
    upload(&node, Scope::Group(""), &parameters, request).await
}

async fn put_group(
    State(node): State<Arc<Inner>>,
    Path(group): Path<String>,
    parameters: Parameters,
    request: Request,
) -> Answer {
    upload(&node, Scope::Group(addressed(&node, &group)), &parameters, request).await
}

async fn put_all(State(node): State<Arc<Inner>>, parameters: Parameters, request: Request) -> Answer {
    upload(&node, Scope::All, &parameters, request).await
}

fn addressed<'a>(node: &Inner, group: &'a str) -> &'a str {
    if group == "default" && node.rules.switches.default_is_the_default_group { "" } else { group }
}

fn download(node: &Inner, scope: Scope<'_>, headers: &HeaderMap) -> Answer {
    let is_tagged = node.rules.switches.echo_group_tag || matches!(scope, Scope::All);
    let state = node.lock();
    let entities = state.stored.entities.iter().filter(|(_, entity)| match scope {
        Scope::Group(group) => entity.group == group,
        Scope::All | Scope::Entities => true,
    });
    let bodies = entities.map(|(id, entity)| {
        let body = if is_tagged { entity.tagged_body() } else { entity.body.clone() };
        (id.as_str(), body)
    });
    if !wants_zip(headers) {
        return json(&bodies.map(|(_, body)| body).collect::<Vec<_>>());
    }
    let content = archive::write(bodies).map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The configuration could not be packed.")
    })?;
    Ok(([(header::CONTENT_TYPE, "application/zip")], content).into_response())
}

fn wants_zip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.into_iter().any(|value| value.to_ascii_lowercase().contains("application/zip"))
}

async fn upload(node: &Inner, scope: Scope<'_>, parameters: &Parameters, request: Request) -> Answer {
    let force = parameters.flag("force", false)?;
    let posted = body::configuration(request, &node.rules.switches).await?;
    let report = node.change(|state| {
        Ok::<_, Refusal>(replace::apply(state, Upload { scope, posted, force, now: &now() }, &node.rules)?)
    })?;
    json(&report)
}

/// Takes one entity out of the configuration.
pub(super) fn remove(state: &mut NodeState, rules: &Rules, id: &str) {
    let mut entities = state.stored.entities.clone();
    entities.remove(id);
    let derived = state.derive(&entities, rules);
    state.install(entities, derived, rules);
}

async fn history(State(node): State<Arc<Inner>>, parameters: Parameters) -> Answer {
    let Some(id) = parameters.text("entity_id") else {
        return Err(Problem::bad_request("The parameter 'entity_id' is missing.").into());
    };
    let since = parameters.number("since")?;
    let limit = parameters.number("limit")?;
    let is_reversed = parameters.flag("reverse", false)?;
    let state = node.lock();
    let versions = state.stored.history.get(id).map_or(&[][..], Vec::as_slice);
    let is_new = |version: &&ExactJson| {
        let offset = version.value().get("_updated").and_then(Value::as_u64);
        since.is_none_or(|since| offset.is_some_and(|offset| offset > since))
    };
    let mut versions: Vec<&ExactJson> = versions.iter().filter(is_new).collect();
    if is_reversed {
        versions.reverse();
    }
    versions.truncate(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX));
    json(&versions)
}
