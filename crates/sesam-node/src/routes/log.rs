//! Writes every accepted request to the log of the node.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use crate::request_log::LoggedRequest;
use crate::shared::Shared;

/// Logs a request and the status of its response.
pub(super) async fn log_request(State(node): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let number = node.requests.begin(LoggedRequest {
        method: request.method().to_string(),
        target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
        status: None,
        content_length: length.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()),
    });
    let response = next.run(request).await;
    node.requests.finish(number, response.status().as_u16());
    response
}
