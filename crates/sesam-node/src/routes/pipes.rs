//! Single pipes, and the operations on all pipes.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use deployer_core::document::Value as Document;
use serde_json::{Value, json as value};

use super::entities;
use super::envelope::{self, ShownFields};
use crate::body;
use crate::config::kinds::EntityKind;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::response::{HandlerResult, Refusal, done, json, json_with};
use crate::shared::Shared;
use crate::state::contents::Contents;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/pipes", get(list).post(create))
        .route("/pipes/delete-all-sink-datasets", post(delete_all_sink_datasets))
        .route("/pipes/stop-run-all-pipes", post(stop_run_all_pipes))
        .route("/pipes/{pipe}", get(one).delete(delete))
        .route("/pipes/{pipe}/config", get(config).put(put_config))
        .route("/pipes/{pipe}/entities", get(nothing))
        .route("/pipes/{pipe}/log", get(nothing))
        .route("/receivers/{pipe}/entities", post(receive))
}

async fn list(State(node): State<Arc<Shared>>, parameters: Parameters) -> HandlerResult {
    let fields = ShownFields::of(&parameters)?;
    let state = look(&node, |_| true);
    let removing = state.progress.removing().map(|(id, _)| id);
    let ids = state.ids(EntityKind::Pipe).chain(removing);
    let envelopes: Vec<_> = ids.filter_map(|id| envelope::pipe(&state, &node, id, &fields)).collect();
    json(&envelopes)
}

async fn one(
    State(node): State<Arc<Shared>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> HandlerResult {
    let fields = ShownFields::of(&parameters)?;
    let state = look(&node, |seen| seen == id);
    let envelope =
        envelope::pipe(&state, &node, &id, &fields).ok_or_else(|| Problem::not_found("pipe", &id))?;
    json(&envelope)
}

/// The current contents. Counts one look at the pipes that `is_seen` selects.
fn look(node: &Shared, is_seen: impl Fn(&str) -> bool) -> Contents {
    let mut current = node.lock();
    let contents = current.clone();
    current.progress.look(is_seen);
    contents
}

async fn create(State(node): State<Arc<Shared>>, parameters: Parameters, request: Request) -> HandlerResult {
    let ids = entities::create(&node, EntityKind::Pipe, &parameters, request).await?;
    let state = node.read();
    let envelopes = ids.iter().filter_map(|id| envelope::pipe(&state, &node, id, &ShownFields::all()));
    json_with(StatusCode::CREATED, &envelopes.collect::<Vec<_>>())
}

async fn delete(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    let envelope = node.change(|state| {
        let envelope = state
            .entity(EntityKind::Pipe, &id)
            .and_then(|_| envelope::pipe(state, &node, &id, &ShownFields::all()));
        let envelope = envelope.ok_or_else(|| Problem::not_found("pipe", &id))?;
        state.remove(&id, &node.rules);
        Ok::<_, Problem>(envelope)
    })?;
    json(&envelope)
}

async fn config(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    entities::original(&node, EntityKind::Pipe, &id)
}

async fn put_config(
    State(node): State<Arc<Shared>>,
    Path(id): Path<String>,
    parameters: Parameters,
    request: Request,
) -> HandlerResult {
    entities::modify(&node, EntityKind::Pipe, &id, &parameters, request).await?;
    json(&envelope::pipe(&node.read(), &node, &id, &ShownFields::all()))
}

/// The entities and the execution log of a pipe: always empty, because no pipe runs.
async fn nothing(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    require_pipe(&node, &id)?;
    json(&Value::Array(Vec::new()))
}

/// Accepts entities for a pipe with an `http_endpoint` source, and drops them.
async fn receive(State(node): State<Arc<Shared>>, Path(id): Path<String>, request: Request) -> HandlerResult {
    let posted = body::json(request).await?;
    if !matches!(posted.document().value, Document::Array(_) | Document::Object(_)) {
        return Err(Problem::bad_request("The entities must be a list of objects.").into());
    }
    let state = node.read();
    let (_, component) =
        state.entity(EntityKind::Pipe, &id).ok_or_else(|| Problem::not_found("pipe", &id))?;
    if state.progress.is_deploying(&id) {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The pipe is being deployed.").into());
    }
    if component.effective.value()["source"]["type"] != "http_endpoint" {
        return Err(Problem::bad_request(format!("The pipe '{id}' has no 'http_endpoint' source.")).into());
    }
    json(&value!({}))
}

async fn delete_all_sink_datasets(State(node): State<Arc<Shared>>) -> HandlerResult {
    node.change(|state| {
        let sinks: BTreeSet<String> = state.derived.outputs().cloned().collect();
        state.stored_mut().datasets.retain(|dataset| !sinks.contains(dataset));
        // The pipes create their datasets again.
        state.rederive(&node.rules);
        Ok::<_, Refusal>(())
    })?;
    done()
}

async fn stop_run_all_pipes() -> HandlerResult {
    done()
}

fn require_pipe(node: &Shared, id: &str) -> Result<(), Problem> {
    node.lock().entity(EntityKind::Pipe, id).map(|_| ()).ok_or_else(|| Problem::not_found("pipe", id))
}
