//! The datasets of the pipes.

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
    let contents = node.read();
    let datasets = all(&contents);
    let shown = datasets.iter().filter(|(_, is_internal)| with_internal || !**is_internal);
    json(&shown.map(|(id, is_internal)| envelope(&node, &contents, id, *is_internal)).collect::<Vec<_>>())
}

async fn one(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    json(&find(&node, &node.read(), &id)?)
}

/// Deletes a dataset. The dataset of a pipe is created again at once.
async fn delete(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    let dataset = node.change(|state| {
        let dataset = find(&node, state, &id)?;
        state.stored_mut().datasets.remove(&id);
        state.rederive(&node.rules);
        Ok::<_, Problem>(dataset)
    })?;
    json(&dataset)
}

fn find(node: &Shared, state: &Contents, id: &str) -> Result<Value, Problem> {
    let datasets = all(state);
    let is_internal = datasets.get(id).ok_or_else(|| Problem::not_found("dataset", id))?;
    Ok(envelope(node, state, id, *is_internal))
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

fn envelope(node: &Shared, contents: &Contents, id: &str, is_internal: bool) -> Value {
    let (exist, deleted) = node.runs.counts(contents, id);
    value!({
        "_id": id,
        "runtime": {
            "count-index-deleted": deleted,
            "count-index-exists": exist,
            "count-log-deleted": deleted,
            "count-log-exists": exist,
            "origin": if is_internal { "system" } else { "user" },
            "populated": exist + deleted > 0,
            "queues": {},
        },
        "storage": 0,
    })
}
