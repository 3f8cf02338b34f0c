//! The answers of handlers.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::config::issue::Report;
use crate::problem::Problem;

/// What a handler returns.
pub(crate) type Answer = Result<Response, Refusal>;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    Problem(Problem),
    /// The posted configuration is at fault.
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

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Problem(error.into())
    }
}
