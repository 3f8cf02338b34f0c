//! The service API.

mod config;
mod datasets;
mod env;
mod envelope;
mod pipes;
mod pump;
mod secrets;
mod service;
mod systems;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::node::Inner;
use crate::problem::{Problem, shape_errors};
use crate::{auth, body, request_log};

/// The routes of one node, under `/api`. Answers are never compressed: the clients ask for none.
pub(crate) fn router(node: &Arc<Inner>) -> Router {
    let api = Router::new()
        .merge(service::routes())
        .merge(config::routes())
        .merge(env::routes())
        .merge(secrets::routes())
        .merge(pipes::routes())
        .merge(pump::routes())
        .merge(systems::routes())
        .merge(datasets::routes());
    Router::new()
        .nest("/api", api)
        .route("/api/", get(service::root).post(service::operate))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "The address does not exist."))
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(from_fn_with_state(Arc::clone(node), auth::require_token))
        .layer(from_fn_with_state(Arc::clone(node), shape_errors))
        .layer(from_fn_with_state(Arc::clone(node), request_log::log_request))
        .with_state(Arc::clone(node))
}
