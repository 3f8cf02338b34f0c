//! The node as a whole: `/`, ping, health, status, stats, admin, license, namespaces, metadata, logs, formatting.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::envelope;
use super::form::{FormFields, operation};
use crate::body;
use crate::config::kinds::EntityKind;
use crate::exact::{ExactJson, text_of};
use crate::problem::Problem;
use crate::query::Parameters;
use crate::reformat;
use crate::response::{HandlerResult, done, json};
use crate::shared::{Shared, now};
use crate::upload::{self, Scope, Upload};

/// The id of the node metadata.
const METADATA: &str = "node";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(root).post(operate))
        .route("/ping", get(ping))
        .route("/health", get(health))
        .route("/status", get(status))
        .route("/stats", get(stats))
        .route("/admin", post(operate))
        .route("/license", get(license).put(put_license))
        .route("/namespaces", get(namespaces))
        .route("/metadata", get(metadata).put(put_metadata).delete(delete_metadata))
        .route("/logs", get(logs))
        .route("/utils/reformat-config", post(reformat_config))
}

pub(super) async fn root(State(node): State<Arc<Shared>>) -> HandlerResult {
    json(&json!({"status": {
        "canned_answers": node.runs.answers().paths().collect::<Vec<_>>(),
        "developer_mode": !node.rules.switches.no_developer_mode,
        "git-revision": "",
        "teamcity-buildnumber": "",
    }}))
}

/// The operations of a node: `restart` resets the uptime, `reset` also resets pumps and datasets, `load_config` does nothing.
pub(super) async fn operate(State(node): State<Arc<Shared>>, form: FormFields) -> HandlerResult {
    match operation(&form)?.0 {
        "restart" => node.restart(),
        "reset" => {
            node.change(|state| {
                state.stored_mut().pumps.clear();
                state.stored_mut().datasets.clear();
                state.rederive(&node.rules);
                Ok::<_, Problem>(())
            })?;
            node.restart();
        }
        "load_config" => {}
        other => {
            return Err(
                Problem::bad_request(format!("The node doesn't support the operation '{other}'")).into()
            );
        }
    }
    done()
}

async fn ping() -> HandlerResult {
    json(&json!({"status": "running"}))
}

async fn health() -> HandlerResult {
    json(&json!({"status": "ok"}))
}

async fn status(State(node): State<Arc<Shared>>) -> HandlerResult {
    let started = node.started();
    json(&json!({
        "node_id": "sesam-node",
        "node_start_time": started.to_string(),
        "node_uptime": Timestamp::now().duration_since(started).as_secs(),
        "node_version": env!("CARGO_PKG_VERSION"),
    }))
}

async fn stats(State(node): State<Arc<Shared>>) -> HandlerResult {
    let state = node.read();
    json(&json!({
        "datasets": state.stored.datasets.len(),
        "pipes": state.ids(EntityKind::Pipe).count(),
        "systems": state.ids(EntityKind::System).count(),
    }))
}

async fn license() -> HandlerResult {
    json(&json!({"licensee": "embedded node", "valid": true}))
}

/// Accepts any licence, without an effect.
async fn put_license(content: Bytes) -> HandlerResult {
    if content.is_empty() {
        return Err(Problem::bad_request("The licence is empty.").into());
    }
    license().await
}

async fn namespaces(State(node): State<Arc<Shared>>) -> HandlerResult {
    let contents = node.read();
    let metadata = contents.entity(EntityKind::Metadata, METADATA);
    let effective = metadata.map(|(_, component)| component.effective.value()).unwrap_or_default();
    let namespaces = effective.get("namespaces").and_then(|namespaces| namespaces.get("default"));
    json(namespaces.unwrap_or(&json!({})))
}

async fn metadata(State(node): State<Arc<Shared>>) -> HandlerResult {
    let state = node.read();
    match envelope::metadata(&state, &node, METADATA) {
        Some(envelope) => json(&envelope),
        None => json(&json!({"_id": METADATA, "config": {"effective": {}, "original": {}}})),
    }
}

async fn put_metadata(
    State(node): State<Arc<Shared>>,
    parameters: Parameters,
    request: Request,
) -> HandlerResult {
    let force = parameters.flag("force", false)?;
    let posted = complete_metadata(body::json(request).await?)?;
    node.change(|state| {
        let upload = Upload { scope: Scope::Entities, posted: vec![posted], force, now: &now() };
        upload::apply(state, upload, &node.rules)?;
        Ok::<_, crate::response::Refusal>(())
    })?;
    metadata(State(node)).await
}

/// Adds the members that are equal on every node.
fn complete_metadata(posted: ExactJson) -> Result<ExactJson, Problem> {
    if posted.document().value.as_object().is_none() {
        return Err(Problem::bad_request("The node metadata is not an object."));
    }
    let mut completed = posted;
    for (name, value) in [("_id", METADATA), ("type", "metadata")] {
        if !completed.members().contains_key(name) {
            completed = completed
                .with_member(name, &value)
                .map_err(|error| Problem::bad_request(format!("The node metadata {error}.")))?;
        }
    }
    Ok(completed)
}

async fn delete_metadata(State(node): State<Arc<Shared>>) -> HandlerResult {
    node.change(|state| {
        if state.entity(EntityKind::Metadata, METADATA).is_some() {
            state.remove(METADATA, &node.rules);
        }
        Ok::<_, Problem>(())
    })?;
    json(&Value::Array(Vec::new()))
}

async fn logs() -> HandlerResult {
    json(&Value::Array(Vec::new()))
}

async fn reformat_config(request: Request) -> HandlerResult {
    let content = body::bytes(request).await?;
    let text =
        text_of(&content).map_err(|message| Problem::bad_request(format!("The document {message}.")))?;
    let formatted = reformat::portal(text).map_err(Problem::bad_request)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], formatted).into_response())
}
