//! The pump of a pipe.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::envelope;
use super::form::{FormFields, operation};
use crate::config::kinds::EntityKind;
use crate::problem::Problem;
use crate::response::{HandlerResult, json};
use crate::shared::{Shared, now};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/pipes/{pipe}/pump", get(show).post(operate))
}

async fn show(State(node): State<Arc<Shared>>, Path(id): Path<String>) -> HandlerResult {
    let envelope = envelope::pump(&node.read(), &node, &id);
    json(&envelope.ok_or_else(|| Problem::not_found("pipe", &id))?)
}

async fn operate(State(node): State<Arc<Shared>>, Path(id): Path<String>, form: FormFields) -> HandlerResult {
    let (operation, fields) = operation(&form)?;
    let last_seen = fields.get("last-seen").map(String::as_str);
    node.change(|state| {
        if state.entity(EntityKind::Pipe, &id).is_none() {
            return Err(Problem::not_found("pipe", &id));
        }
        let pump = state.stored_mut().pumps.entry(id.clone()).or_default();
        if !pump.operate(operation, last_seen, &now()) {
            let detail = format!("The pump 'pump:{id}' doesn't support the operation '{operation}'");
            return Err(Problem::bad_request(detail));
        }
        Ok(())
    })?;
    show(State(node), Path(id)).await
}
