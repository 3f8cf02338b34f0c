//! The datasets of the pipes. They are empty.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Value, json as value};

use crate::config::kinds::EntityKind;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::response::{HandlerResult, json};
use crate::shared::Shared;
use crate::state::contents::Contents;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/datasets", get(list)).route("/datasets/{dataset}", get(one).delete(delete))
}

async fn list(State(node): State<Arc<Shared>>, parameters: Parameters) -> HandlerResult {
    let with_internal = parameters.flag("include-internal-datasets", true)?;
    let datasets = all(&node.read());
    let shown = datasets.iter().filter(|(_, is_internal)| with_internal || !**is_internal);
    json(&shown.map(|(id, is_internal)| envelope(id, *is_internal)).collect::<Vec<_>>())
}

async fn one(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    json(&find(&node.read(), &id)?)
}

/// Deletes a dataset. The dataset of a pipe is created again at once.
async fn delete(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    let dataset = node.change(|state| {
        let dataset = find(state, &id)?;
        state.stored_mut().datasets.remove(&id);
        state.rederive(&node.rules);
        Ok::<_, Problem>(dataset)
    })?;
    json(&dataset)
}

fn find(state: &Contents, id: &str) -> Result<Value, Problem> {
    let datasets = all(state);
    let is_internal = datasets.get(id).ok_or_else(|| Problem::not_found("dataset", id))?;
    Ok(envelope(id, *is_internal))
}

/// All datasets, each with whether it is internal.
fn all(state: &Contents) -> BTreeMap<String, bool> {
    let pipes = || state.derived.components.iter().filter(|(_, pipe)| pipe.kind == EntityKind::Pipe);
    let logs = pipes().map(|(id, _)| (format!("system:pump:{id}"), true));
    let dead_letters = pipes().filter(|(_, pipe)| pipe.has_dead_letters);
    let logs = logs.chain(dead_letters.map(|(id, _)| (format!("system:dead-letter:{id}"), true)));
    let users = state.stored.datasets.iter().map(|id| (id.clone(), false));
    users.chain(logs).chain([("system:config".to_owned(), true)]).collect()
}

fn envelope(id: &str, is_internal: bool) -> Value {
    value!({
        "_id": id,
        "runtime": {
            "count-index-deleted": 0,
            "count-index-exists": 0,
            "count-log-deleted": 0,
            "count-log-exists": 0,
            "origin": if is_internal { "system" } else { "user" },
            "populated": false,
            "queues": {},
        },
        "storage": 0,
    })
}
