//! Systems, one by one, and what creating and changing them has in common with pipes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value, json as value};

use super::config::remove;
use super::envelope;
use crate::answer::{Answer, Refusal, json, json_with};
use crate::body;
use crate::config::INTERNAL_SYSTEM;
use crate::config::issue::{EntityReport, Issue, Report};
use crate::config::kinds::EntityKind;
use crate::config::replace::{self, Scope, Upload};
use crate::exact::ExactJson;
use crate::node::{Inner, now};
use crate::problem::Problem;
use crate::query::Parameters;

pub(super) fn routes() -> Router<Arc<Inner>> {
    Router::new()
        .route("/systems", get(list).post(create_systems))
        .route("/systems/{system}", get(one).delete(delete))
        .route("/systems/{system}/config", get(config).put(put_config))
        .route("/systems/{system}/status", get(status))
        .route("/systems/{system}/logs", get(logs))
        .route("/systems/{system}/reload", post(reload))
}

async fn list(State(node): State<Arc<Inner>>, parameters: Parameters) -> Answer {
    let with_internal = parameters.flag("include-internal-systems", false)?;
    let state = node.lock();
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

async fn one(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    let envelope = envelope::system(&node.lock(), &node, &id);
    json(&envelope.ok_or_else(|| Problem::not_found("system", &id))?)
}

async fn create_systems(State(node): State<Arc<Inner>>, parameters: Parameters, request: Request) -> Answer {
    let ids = create(&node, EntityKind::System, &parameters, request).await?;
    let state = node.lock();
    let envelopes = ids.iter().filter_map(|id| envelope::system(&state, &node, id));
    json_with(StatusCode::CREATED, &envelopes.collect::<Vec<_>>())
}

async fn delete(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    let envelope = node.change(|state| {
        let envelope =
            envelope::system(state, &node, &id).ok_or_else(|| Problem::not_found("system", &id))?;
        remove(state, &node.rules, &id);
        Ok::<_, Problem>(envelope)
    })?;
    json(&envelope)
}

async fn config(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    original(&node, EntityKind::System, &id)
}

async fn put_config(
    State(node): State<Arc<Inner>>,
    Path(id): Path<String>,
    parameters: Parameters,
    request: Request,
) -> Answer {
    modify(&node, EntityKind::System, &id, &parameters, request).await?;
    json(&envelope::system(&node.lock(), &node, &id))
}

/// Every system is well: none is connected.
async fn status(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    require_system(&node, &id)?;
    json(&value!({"running": true}))
}

async fn logs(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    require_system(&node, &id)?;
    json(&Value::Array(Vec::new()))
}

async fn reload(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    require_system(&node, &id)?;
    json_with(StatusCode::ACCEPTED, &value!({"message": "OK"}))
}

fn require_system(node: &Inner, id: &str) -> Result<(), Problem> {
    node.lock().entity(EntityKind::System, id).map(|_| ()).ok_or_else(|| Problem::not_found("system", id))
}

/// One entity as posted.
pub(super) fn original(node: &Inner, kind: EntityKind, id: &str) -> Answer {
    let state = node.lock();
    let (entity, _) = state.entity(kind, id).ok_or_else(|| Problem::not_found(kind.name(), id))?;
    json(&entity.body)
}

/// Adds posted entities of one kind and returns their ids.
pub(super) async fn create(
    node: &Inner,
    kind: EntityKind,
    parameters: &Parameters,
    request: Request,
) -> Result<Vec<String>, Refusal> {
    let force = parameters.flag("force", false)?;
    let posted = body::json(request).await?.into_elements();
    let posted = posted.map_err(|_| Problem::bad_request("The configurations are malformed."))?;
    require_kind(kind, &posted)?;
    let ids: Vec<String> = posted.iter().filter_map(id_of).map(str::to_owned).collect();
    node.change(|state| {
        if let Some(id) = ids.iter().find(|id| state.stored.entities.contains_key(*id)) {
            let detail = format!("The {} '{id}' already exists!", kind.name());
            return Err(Problem::new(StatusCode::CONFLICT, detail).into());
        }
        replace::apply(state, Upload { scope: Scope::Entities, posted, force, now: &now() }, &node.rules)?;
        Ok::<_, Refusal>(())
    })?;
    Ok(ids)
}

/// Replaces the configuration of one entity.
pub(super) async fn modify(
    node: &Inner,
    kind: EntityKind,
    id: &str,
    parameters: &Parameters,
    request: Request,
) -> Result<(), Refusal> {
    let force = parameters.flag("force", false)?;
    let posted = body::json(request).await?;
    if id_of(&posted) != Some(id) {
        let message = format!("The '_id' is not the one of the address, '{id}'.");
        return Err(Report::of(posted, Issue::error("$['_id']", message)).into());
    }
    require_kind(kind, std::slice::from_ref(&posted))?;
    node.change(|state| {
        if state.entity(kind, id).is_none() && !node.rules.switches.put_creates_missing {
            return Err(Problem::not_found(kind.name(), id).into());
        }
        let upload = Upload { scope: Scope::Entities, posted: vec![posted], force, now: &now() };
        replace::apply(state, upload, &node.rules)?;
        Ok::<_, Refusal>(())
    })
}

fn id_of(entity: &ExactJson) -> Option<&str> {
    entity.value().get("_id").and_then(Value::as_str)
}

/// Refuses entities of another kind, also with force: they have no place among these.
fn require_kind(kind: EntityKind, posted: &[ExactJson]) -> Result<(), Report> {
    let strangers = posted.iter().filter(|entity| EntityKind::of(entity.value()) != kind);
    let reports: Vec<EntityReport> = strangers
        .map(|entity| {
            let found = entity.value().get("type").unwrap_or(&Value::Null);
            let issue = Issue::error("$['type']", format!("{found} is not the type of a {}.", kind.name()));
            EntityReport::new(entity.clone(), vec![issue])
        })
        .collect();
    if reports.is_empty() { Ok(()) } else { Err(Report { validation_errors: reports }) }
}
