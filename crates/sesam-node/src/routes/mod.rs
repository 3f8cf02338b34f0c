//! The service API.

mod config;
mod datasets;
mod entities;
mod env;
mod envelope;
mod errors;
mod faults;
mod form;
mod log;
mod pipes;
mod pump;
mod runner;
mod secrets;
mod service;
mod systems;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::body;
use crate::problem::Problem;
use crate::shared::Shared;

/// The routes of one node under `/api`. Responses are never compressed: no known client accepts compression.
pub(crate) fn router(node: &Arc<Shared>) -> Router {
    let api = Router::new()
        .merge(service::routes())
        .merge(config::routes())
        .merge(env::routes())
        .merge(secrets::routes())
        .merge(pipes::routes())
        .merge(runner::routes())
        .merge(pump::routes())
        .merge(systems::routes())
        .merge(datasets::routes());
    Router::new()
        .nest("/api", api)
        .route("/api/", get(service::root).post(service::operate))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "The address does not exist."))
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(from_fn_with_state(Arc::clone(node), faults::fail))
        // Requests without the token reach neither the routes nor the log.
        .layer(from_fn_with_state(Arc::clone(node), log::log_request))
        .layer(from_fn_with_state(Arc::clone(node), token::require_token))
        .layer(from_fn_with_state(Arc::clone(node), errors::shape_errors))
        .with_state(Arc::clone(node))
}
