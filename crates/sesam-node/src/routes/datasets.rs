//! Datasets, as the pipes imply them. They hold nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Value, json as value};

use crate::answer::{Answer, json};
use crate::config::kinds::EntityKind;
use crate::node::Inner;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::state::State as NodeState;

pub(super) fn routes() -> Router<Arc<Inner>> {
    Router::new().route("/datasets", get(list)).route("/datasets/{dataset}", get(one).delete(delete))
}

async fn list(State(node): State<Arc<Inner>>, parameters: Parameters) -> Answer {
    let with_internal = parameters.flag("include-internal-datasets", true)?;
    let datasets = all(&node.lock());
    let shown = datasets.iter().filter(|(_, is_internal)| with_internal || !**is_internal);
    json(&shown.map(|(id, is_internal)| envelope(id, *is_internal)).collect::<Vec<_>>())
}

async fn one(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    json(&find(&node.lock(), &id)?)
}

/// Deletes a dataset; one that a pipe writes is made anew at once, empty.
async fn delete(State(node): State<Arc<Inner>>, Path(id): Path<String>) -> Answer {
    let dataset = node.change(|state| {
        let dataset = find(state, &id)?;
        state.stored_mut().datasets.remove(&id);
        state.rederive(&node.rules);
        Ok::<_, Problem>(dataset)
    })?;
    json(&dataset)
}

fn find(state: &NodeState, id: &str) -> Result<Value, Problem> {
    let datasets = all(state);
    let is_internal = datasets.get(id).ok_or_else(|| Problem::not_found("dataset", id))?;
    Ok(envelope(id, *is_internal))
}

/// All datasets, and which are internal.
fn all(state: &NodeState) -> BTreeMap<String, bool> {
    let logs = state.ids(EntityKind::Pipe).map(|id| (format!("system:pump:{id}"), true));
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
