//! Single systems.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use deployer_validation::INTERNAL_SYSTEM;
use serde_json::{Value, json as value};

use super::{entities, envelope};
use crate::config::kinds::EntityKind;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::response::{HandlerResult, json, json_with};
use crate::shared::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/systems", get(list).post(create_systems))
        .route("/systems/{system}", get(one).delete(delete))
        .route("/systems/{system}/config", get(config).put(put_config))
        .route("/systems/{system}/status", get(status))
        .route("/systems/{system}/logs", get(logs))
        .route("/systems/{system}/reload", post(reload))
}

async fn list(State(node): State<Arc<Shared>>, parameters: Parameters) -> HandlerResult {
    let with_internal = parameters.flag("include-internal-systems", false)?;
    let state = node.read();
    let envelopes = state.ids(EntityKind::System).filter_map(|id| envelope::system(&state, &node, id));
    let mut envelopes: Vec<Value> =
        envelopes.map(|envelope| serde_json::to_value(envelope).unwrap_or_default()).collect();
    if with_internal {
        envelopes.push(value!({
            "_id": INTERNAL_SYSTEM,
            "config": {"effective": {"_id": INTERNAL_SYSTEM, "type": INTERNAL_SYSTEM}, "original": {}},
            "runtime": {"config-errors": [], "is-valid-config": true, "origin": "system"},
        }));
    }
    json(&envelopes)
}

async fn one(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    let envelope = envelope::system(&node.read(), &node, &id);
    json(&envelope.ok_or_else(|| Problem::not_found("system", &id))?)
}

async fn create_systems(
    State(node): State<Arc<Shared>>,
    parameters: Parameters,
    request: Request,
) -> HandlerResult {
    let ids = entities::create(&node, EntityKind::System, &parameters, request).await?;
    let state = node.read();
    let envelopes = ids.iter().filter_map(|id| envelope::system(&state, &node, id));
    json_with(StatusCode::CREATED, &envelopes.collect::<Vec<_>>())
}

async fn delete(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    let envelope = node.change(|state| {
        let envelope =
            envelope::system(state, &node, &id).ok_or_else(|| Problem::not_found("system", &id))?;
        state.remove(&id, &node.rules);
        Ok::<_, Problem>(envelope)
    })?;
    json(&envelope)
}

async fn config(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    entities::original(&node, EntityKind::System, &id)
}

async fn put_config(
    State(node): State<Arc<Shared>>,
    Path(id): Path<String>,
    parameters: Parameters,
    request: Request,
) -> HandlerResult {
    entities::modify(&node, EntityKind::System, &id, &parameters, request).await?;
    json(&envelope::system(&node.read(), &node, &id))
}

/// Every system is running: the node opens no connection.
async fn status(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    require_system(&node, &id)?;
    json(&value!({"running": true}))
}

async fn logs(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    require_system(&node, &id)?;
    json(&Value::Array(Vec::new()))
}

async fn reload(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    require_system(&node, &id)?;
    json_with(StatusCode::ACCEPTED, &value!({"message": "OK"}))
}

fn require_system(node: &Shared, id: &str) -> Result<(), Problem> {
    node.lock().entity(EntityKind::System, id).map(|_| ()).ok_or_else(|| Problem::not_found("system", id))
}
