//! Secrets, global and of systems. Responses contain names and never values.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::routing::{delete, get};
use secrecy::SecretString;
use serde_json::Value;

use crate::body;
use crate::config::kinds::EntityKind;
use crate::problem::Problem;
use crate::response::{HandlerResult, done, json};
use crate::shared::Shared;
use crate::state::contents::Contents;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/secrets", get(list).put(replace).post(merge))
        .route("/secrets/{name}", delete(remove))
        .route("/systems/{system}/secrets", get(list_of).put(replace_of).post(merge_of))
        .route("/systems/{system}/secrets/{name}", delete(remove_of))
}

async fn list(State(node): State<Arc<Shared>>) -> HandlerResult {
    names(&node, None)
}

async fn list_of(State(node): State<Arc<Shared>>, Path(system): Path<String>) -> HandlerResult {
    names(&node, Some(&system))
}

async fn replace(State(node): State<Arc<Shared>>, request: Request) -> HandlerResult {
    let keeps_others = node.rules.switches.secrets_put_merges;
    write(&node, None, request, keeps_others).await
}

async fn replace_of(
    State(node): State<Arc<Shared>>,
    Path(system): Path<String>,
    request: Request,
) -> HandlerResult {
    write(&node, Some(&system), request, false).await
}

async fn merge(State(node): State<Arc<Shared>>, request: Request) -> HandlerResult {
    write(&node, None, request, true).await
}

async fn merge_of(
    State(node): State<Arc<Shared>>,
    Path(system): Path<String>,
    request: Request,
) -> HandlerResult {
    write(&node, Some(&system), request, true).await
}

async fn remove(State(node): State<Arc<Shared>>, Path(name): Path<String>) -> HandlerResult {
    forget(&node, None, &name)
}

async fn remove_of(
    State(node): State<Arc<Shared>>,
    Path((system, name)): Path<(String, String)>,
) -> HandlerResult {
    forget(&node, Some(&system), &name)
}

fn require_system(state: &Contents, system: Option<&str>) -> Result<(), Problem> {
    match system {
        Some(id) if state.entity(EntityKind::System, id).is_none() => Err(Problem::not_found("system", id)),
        _ => Ok(()),
    }
}

fn names(node: &Shared, system: Option<&str>) -> HandlerResult {
    let state = node.lock();
    require_system(&state, system)?;
    json(&state.secrets.names(system))
}

/// Takes one object of names and values, or a list of such objects.
async fn write(node: &Shared, system: Option<&str>, request: Request, keeps_others: bool) -> HandlerResult {
    let posted = body::json(request).await?;
    let posted = posted.value();
    let objects = posted.as_array().map_or(std::slice::from_ref(&posted), Vec::as_slice);
    let mut written = Vec::new();
    for object in objects {
        let Some(object) = object.as_object() else {
            return Err(Problem::bad_request("The secrets must be an object of names and values.").into());
        };
        for (name, value) in object {
            let Value::String(value) = value else {
                return Err(Problem::bad_request(format!(
                    "The value of the secret '{name}' is not a string."
                ))
                .into());
            };
            written.push((name.clone(), SecretString::from(value.as_str())));
        }
    }
    node.change(|state| {
        require_system(state, system)?;
        let secrets = state.secrets_mut().of_mut(system);
        if !keeps_others {
            secrets.clear();
        }
        secrets.extend(written);
        Ok::<_, Problem>(())
    })?;
    done()
}

fn forget(node: &Shared, system: Option<&str>, name: &str) -> HandlerResult {
    node.change(|state| {
        require_system(state, system)?;
        let removed = state.secrets_mut().of_mut(system).remove(name);
        if removed.is_none() && !node.rules.switches.deleting_absent_name_succeeds {
            return Err(Problem::not_found("secret", name));
        }
        Ok(())
    })?;
    done()
}
