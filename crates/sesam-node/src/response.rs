//! The responses of handlers.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::config::issue::Report;
use crate::problem::Problem;

/// The result of a handler.
pub(crate) type HandlerResult = Result<Response, Refusal>;

/// The reason for rejecting a request.
#[derive(Debug)]
pub(crate) enum Refusal {
    Problem(Problem),
    /// The posted configuration is invalid.
    Report(Report),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Report> for Refusal {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Report(report) => {
                json_with(StatusCode::BAD_REQUEST, &report).unwrap_or_else(IntoResponse::into_response)
            }
        }
    }
}

/// A JSON response with status 200.
pub(crate) fn json(body: &impl Serialize) -> HandlerResult {
    json_with(StatusCode::OK, body)
}

/// A JSON response.
pub(crate) fn json_with(status: StatusCode, body: &impl Serialize) -> HandlerResult {
    let text = serde_json::to_string(body).map_err(|error| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The response cannot be written as JSON: {error}"),
        )
    })?;
    Ok((status, [(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// The response of an operation without a result.
pub(crate) fn done() -> HandlerResult {
    json(&serde_json::json!({"message": "OK"}))
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Problem(error.into())
    }
}
