//! Single pipes, and the list of all pipes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::routing::get;

use super::entities;
use super::envelope::{self, ShownFields};
use crate::config::kinds::EntityKind;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::response::{HandlerResult, json, json_with};
use crate::shared::Shared;
use crate::state::contents::Contents;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/pipes", get(list).post(create))
        .route("/pipes/{pipe}", get(one).delete(delete))
        .route("/pipes/{pipe}/config", get(config).put(put_config))
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
