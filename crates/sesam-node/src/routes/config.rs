//! Whole configurations: `/config`, `/config/{group}`, `/config-all`. Also the history of one entity.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::archive;
use crate::body;
use crate::exact::ExactJson;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::response::{HandlerResult, Refusal, json};
use crate::shared::{Shared, now};
use crate::upload::{self, Scope, Upload};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/config", get(get_default).put(put_default))
        .route("/config/{group}", get(get_group).put(put_group))
        .route("/config-all", get(get_all).put(put_all))
        .route("/config-history/entity", get(history))
}

async fn get_default(State(node): State<Arc<Shared>>, headers: HeaderMap) -> HandlerResult {
    download(&node, Scope::Group(""), &headers)
}

async fn get_group(
    State(node): State<Arc<Shared>>,
    Path(group): Path<String>,
    headers: HeaderMap,
) -> HandlerResult {
    download(&node, Scope::Group(addressed(&node, &group)), &headers)
}

async fn get_all(State(node): State<Arc<Shared>>, headers: HeaderMap) -> HandlerResult {
    download(&node, Scope::All, &headers)
}

async fn put_default(
    State(node): State<Arc<Shared>>,
    parameters: Parameters,
    request: Request,
) -> HandlerResult {
    upload(&node, Scope::Group(""), &parameters, request).await
}

async fn put_group(
    State(node): State<Arc<Shared>>,
    Path(group): Path<String>,
    parameters: Parameters,
    request: Request,
) -> HandlerResult {
    upload(&node, Scope::Group(addressed(&node, &group)), &parameters, request).await
}

async fn put_all(State(node): State<Arc<Shared>>, parameters: Parameters, request: Request) -> HandlerResult {
    upload(&node, Scope::All, &parameters, request).await
}

fn addressed<'a>(node: &Shared, group: &'a str) -> &'a str {
    if group == "default" && node.rules.switches.default_is_the_default_group { "" } else { group }
}

fn download(node: &Shared, scope: Scope<'_>, headers: &HeaderMap) -> HandlerResult {
    let is_tagged = node.rules.switches.echo_group_tag || matches!(scope, Scope::All);
    let stored = node.read().stored;
    let entities = stored.entities.iter().filter(|(_, entity)| match scope {
        Scope::Group(group) => entity.group == group,
        Scope::All | Scope::Entities => true,
    });
    let bodies = entities.map(|(id, entity)| {
        let body = if is_tagged { entity.tagged_body() } else { entity.body.clone() };
        (id.as_str(), body)
    });
    if !wants_zip(headers) {
        return json(&bodies.map(|(_, body)| body).collect::<Vec<ExactJson>>());
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

async fn upload(node: &Shared, scope: Scope<'_>, parameters: &Parameters, request: Request) -> HandlerResult {
    let force = parameters.flag("force", false)?;
    let posted = body::configuration(request, &node.rules.switches).await?;
    let report = node.change(|state| {
        Ok::<_, Refusal>(upload::apply(state, Upload { scope, posted, force, now: &now() }, &node.rules)?)
    })?;
    json(&report)
}

async fn history(State(node): State<Arc<Shared>>, parameters: Parameters) -> HandlerResult {
    let Some(id) = parameters.text("entity_id") else {
        return Err(Problem::bad_request("The parameter 'entity_id' is missing.").into());
    };
    let since = parameters.number("since")?;
    let limit = parameters.number("limit")?;
    let is_reversed = parameters.flag("reverse", false)?;
    let stored = node.read().stored;
    let versions = stored.history.get(id).map(|history| history.versions(since)).transpose();
    let mut versions = versions
        .map_err(|message| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("A version {message}.")))?
        .unwrap_or_default();
    if is_reversed {
        versions.reverse();
    }
    versions.truncate(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX));
    json(&versions)
}
