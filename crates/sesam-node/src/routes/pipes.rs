//! Pipes, one by one, and the operations on all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value, json as value};

use super::config::remove;
use super::envelope::{self, Fields};
use crate::answer::{Answer, Refusal, done, json, json_with};
use crate::body;
use crate::config::kinds::EntityKind;
use crate::node::Inner;
use crate::problem::Problem;
use crate::query::Parameters;

pub(super) fn routes() -> Router<Arc<Inner>> {
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

async fn list(State(node): State<Arc<Inner>>, parameters: Parameters) -> Answer {
    let fields = Fields::of(&parameters)?;
    let mut state = node.lock();
    let removing = state.progress.removing().map(|(id, _)| id);
    let ids = state.ids(EntityKind::Pipe).chain(removing);
    let envelopes: Vec<_> = ids.filter_map(|id| envelope::pipe(&state, &node, id, &fields)).collect();
    state.progress.look(|_| true);
    json(&envelopes)
}

async fn one(State(node): State<Arc<Inner>>, Path(id): Path<String>, parameters: Parameters) -> Answer {
    let fields = Fields::of(&parameters)?;
    let mut state = node.lock();
    let envelope =
        envelope::pipe(&state, &node, &id, &fields).ok_or_else(|| Problem::not_found("pipe", &id))?;
    state.progress.look(|seen| seen == id);
    json(&envelope)
}

async fn create(State(node): State<Arc<Inner>>, parameters: Parameters, request: Request) -> Answer {
    let ids = super::systems::create(&node, EntityKind::Pipe, &parameters, request).await?;
    let state = node.lock();
    let envelopes = ids.iter().filter_map(|id| envelope::pipe(&state, &node, id, &Fields::all()));
    json_with(StatusCode::CREATED, &envelopes.collect::<Vec<_>>())
}

async fn delete(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    let envelope = node.change(|state| {
        let envelope = state
            .entity(EntityKind::Pipe, &id)
            .and_then(|_| envelope::pipe(state, &node, &id, &Fields::all()));
        let envelope = envelope.ok_or_else(|| Problem::not_found("pipe", &id))?;
        remove(state, &node.rules, &id);
        Ok::<_, Problem>(envelope)
    })?;
    json(&envelope)
}

async fn config(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    super::systems::original(&node, EntityKind::Pipe, &id)
}

async fn put_config(
    State(node): State<Arc<Inner>>,
    Path(id): Path<String>,
    parameters: Parameters,
    request: Request,
) -> Answer {
    super::systems::modify(&node, EntityKind::Pipe, &id, &parameters, request).await?;
    json(&envelope::pipe(&node.lock(), &node, &id, &Fields::all()))
}

/// The entities and the execution log of a pipe: this node runs none.
async fn nothing(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    require_pipe(&node, &id)?;
    json(&Value::Array(Vec::new()))
}

/// Takes entities for a pipe with an `http_endpoint` source, and drops them.
async fn receive(State(node): State<Arc<Inner>>, Path(id): Path<String>, request: Request) -> Answer {
    let posted = body::json(request).await?;
    if !posted.value().is_array() && !posted.value().is_object() {
        return Err(Problem::bad_request("Entities are a list of objects.").into());
    }
    let state = node.lock();
    let (_, component) =
        state.entity(EntityKind::Pipe, &id).ok_or_else(|| Problem::not_found("pipe", &id))?;
    if state.progress.is_deploying(&id) {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The pipe is being deployed.").into());
    }
    if component.effective["source"]["type"] != "http_endpoint" {
        return Err(Problem::bad_request(format!("The pipe '{id}' has no 'http_endpoint' source.")).into());
    }
    json(&value!({}))
}

async fn delete_all_sink_datasets(State(node): State<Arc<Inner>>) -> Answer {
    node.change(|state| {
        let sinks: Vec<String> = state.derived.sink_datasets().map(str::to_owned).collect();
        state.stored_mut().datasets.retain(|dataset| !sinks.contains(dataset));
        // The pipes that write them make them anew.
        state.rederive(&node.rules);
        Ok::<_, Refusal>(())
    })?;
    done()
}

async fn stop_run_all_pipes() -> Answer {
    done()
}

fn require_pipe(node: &Inner, id: &str) -> Result<(), Problem> {
    node.lock().entity(EntityKind::Pipe, id).map(|_| ()).ok_or_else(|| Problem::not_found("pipe", id))
}
