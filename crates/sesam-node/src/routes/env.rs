//! Variables.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::routing::{delete, get};
use serde_json::value::RawValue;

use crate::body;
use crate::exact::ExactJson;
use crate::problem::Problem;
use crate::response::{HandlerResult, Refusal, json};
use crate::shared::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/env", get(list).put(replace).post(merge).patch(merge))
        .route("/env/{name}", delete(remove))
}

async fn list(State(node): State<Arc<Shared>>) -> HandlerResult {
    json(&node.read().stored.variables)
}

async fn replace(State(node): State<Arc<Shared>>, request: Request) -> HandlerResult {
    let keeps_others = node.rules.switches.env_put_merges;
    write(&node, request, keeps_others).await
}

async fn merge(State(node): State<Arc<Shared>>, request: Request) -> HandlerResult {
    write(&node, request, true).await
}

async fn write(node: &Shared, request: Request, keeps_others: bool) -> HandlerResult {
    let posted = body::json(request).await?;
    if posted.document().value.as_object().is_none() {
        return Err(Problem::bad_request("The variables must be an object of names and values.").into());
    }
    let mut written = Vec::new();
    for (name, value) in posted.members() {
        let value = ExactJson::parse(RawValue::get(&value))
            .map_err(|_| Problem::bad_request(format!("The value of the variable '{name}' is malformed.")))?;
        written.push((name, value));
    }
    node.change(|state| {
        let before = state.stored.variables.clone();
        let variables = &mut state.stored_mut().variables;
        if !keeps_others {
            variables.clear();
        }
        variables.extend(written);
        if *variables != before {
            state.rederive(&node.rules);
        }
        Ok::<_, Refusal>(())
    })?;
    json(&node.read().stored.variables)
}

async fn remove(State(node): State<Arc<Shared>>, Path(name): Path<String>) -> HandlerResult {
    node.change(|state| {
        if state.stored_mut().variables.remove(&name).is_some() {
            state.rederive(&node.rules);
        } else if !node.rules.switches.deleting_absent_name_succeeds {
            return Err(Problem::not_found("environment variable", &name));
        }
        Ok(())
    })?;
    json(&node.read().stored.variables)
}
