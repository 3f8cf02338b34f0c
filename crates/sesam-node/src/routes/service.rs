//! The node as a whole: `/`, ping, health, status, stats, admin, license, namespaces, metadata, logs, formatting.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::envelope;
use crate::answer::{Answer, done, json};
use crate::body;
use crate::config::kinds::EntityKind;
use crate::config::replace::{self, Scope, Upload};
use crate::exact::ExactJson;
use crate::node::{Inner, now};
use crate::problem::Problem;
use crate::query::Parameters;
use crate::reformat;

/// The id of the node metadata.
const METADATA: &str = "node";

pub(super) fn routes() -> Router<Arc<Inner>> {
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

/// A form's fields; of a repeated one, the last.
pub(super) type Fields = Result<Form<BTreeMap<String, String>>, FormRejection>;

/// The field `operation` of a form.
pub(super) fn operation(form: &Fields) -> Result<(&str, &BTreeMap<String, String>), Problem> {
    let Form(fields) = form.as_ref().map_err(|_| Problem::bad_request("The body is no form."))?;
    let operation =
        fields.get("operation").ok_or_else(|| Problem::bad_request("The field 'operation' is missing."))?;
    Ok((operation, fields))
}

pub(super) async fn root() -> Answer {
    json(&json!({"status": {
        "developer_mode": true,
        "git-revision": "",
        "teamcity-buildnumber": "",
    }}))
}

/// The operations of a node: `restart` counts the uptime anew, `reset` forgets what pipes did, `load_config` has
/// nothing to load.
pub(super) async fn operate(State(node): State<Arc<Inner>>, form: Fields) -> Answer {
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

async fn ping() -> Answer {
    json(&json!({"status": "running"}))
}

async fn health() -> Answer {
    json(&json!({"status": "ok"}))
}

async fn status(State(node): State<Arc<Inner>>) -> Answer {
    let started = node.started();
    json(&json!({
        "node_id": "sesam-node",
        "node_start_time": started.to_string(),
        "node_uptime": Timestamp::now().duration_since(started).as_secs(),
        "node_version": env!("CARGO_PKG_VERSION"),
    }))
}

async fn stats(State(node): State<Arc<Inner>>) -> Answer {
    let state = node.lock();
    json(&json!({
        "datasets": state.stored.datasets.len(),
        "pipes": state.ids(EntityKind::Pipe).count(),
        "systems": state.ids(EntityKind::System).count(),
    }))
}

async fn license() -> Answer {
    json(&json!({"licensee": "embedded node", "valid": true}))
}

/// Accepts any licence: there is nothing it would unlock.
async fn put_license(content: Bytes) -> Answer {
    if content.is_empty() {
        return Err(Problem::bad_request("The licence is empty.").into());
    }
    license().await
}

async fn namespaces(State(node): State<Arc<Inner>>) -> Answer {
    let state = node.lock();
    let metadata = state.entity(EntityKind::Metadata, METADATA);
    let namespaces =
        metadata.and_then(|(_, component)| component.effective.get("namespaces")?.get("default").cloned());
    json(&namespaces.unwrap_or_else(|| json!({})))
}

async fn metadata(State(node): State<Arc<Inner>>) -> Answer {
    let state = node.lock();
    match envelope::metadata(&state, &node, METADATA) {
        Some(envelope) => json(&envelope),
        None => json(&json!({"_id": METADATA, "config": {"effective": {}, "original": {}}})),
    }
}

async fn put_metadata(State(node): State<Arc<Inner>>, parameters: Parameters, request: Request) -> Answer {
    let force = parameters.flag("force", false)?;
    let posted = complete_metadata(body::json(request).await?)?;
    node.change(|state| {
        let upload = Upload { scope: Scope::Entities, posted: vec![posted], force, now: &now() };
        replace::apply(state, upload, &node.rules)?;
        Ok::<_, crate::answer::Refusal>(())
    })?;
    metadata(State(node)).await
}

/// Clients may leave out what is the same for every node.
fn complete_metadata(posted: ExactJson) -> Result<ExactJson, Problem> {
    if !posted.value().is_object() {
        return Err(Problem::bad_request("The node metadata is no object."));
    }
    let mut completed = posted;
    for (name, value) in [("_id", METADATA), ("type", "metadata")] {
        if completed.value().get(name).is_none() {
            completed = completed
                .with_member(name, &value)
                .map_err(|error| Problem::bad_request(format!("The node metadata is malformed: {error}")))?;
        }
    }
    Ok(completed)
}

async fn delete_metadata(State(node): State<Arc<Inner>>) -> Answer {
    node.change(|state| {
        if state.entity(EntityKind::Metadata, METADATA).is_some() {
            super::config::remove(state, &node.rules, METADATA);
        }
        Ok::<_, Problem>(())
    })?;
    json(&Value::Array(Vec::new()))
}

async fn logs() -> Answer {
    json(&Value::Array(Vec::new()))
}

async fn reformat_config(request: Request) -> Answer {
    let content = body::bytes(request).await?;
    let text =
        std::str::from_utf8(&content).map_err(|_| Problem::bad_request("The document is no UTF-8."))?;
    let formatted = reformat::portal(text).map_err(Problem::bad_request)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], formatted).into_response())
}
