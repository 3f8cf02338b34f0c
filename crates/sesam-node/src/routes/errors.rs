//! One shape for all error responses.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::shared::Shared;

/// Turns the plain text errors of the web framework into problems, and all problems into HTML if the switch is on.
pub(super) async fn shape_errors(State(node): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if is_json(&response) => return response,
        None => Problem::new(status, status.canonical_reason().unwrap_or("The request was refused.")),
    };
    if node.rules.switches.html_errors { problem.html() } else { problem.into_response() }
}

fn is_json(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}
