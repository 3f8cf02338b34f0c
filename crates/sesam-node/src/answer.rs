//! Successful answers.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;

/// What a handler returns.
pub(crate) type Answer = Result<Response, Problem>;

/// A JSON answer with status 200.
pub(crate) fn json(body: &impl Serialize) -> Answer {
    json_with(StatusCode::OK, body)
}

/// A JSON answer.
pub(crate) fn json_with(status: StatusCode, body: &impl Serialize) -> Answer {
    let text = serde_json::to_string(body).map_err(|error| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The answer is no JSON: {error}"))
    })?;
    Ok((status, [(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// The answer of operations that have nothing to tell.
pub(crate) fn done() -> Answer {
    json(&serde_json::json!({"message": "OK"}))
}
