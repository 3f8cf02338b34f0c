//! Error answers: a JSON problem object, or the HTML page of old nodes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::node::Inner;

/// A refused request.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn not_found(kind: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("The {kind} '{id}' does not exist!"))
    }

    /// The state could not be written to its directory; the text names no content.
    pub(crate) fn storage(error: &std::io::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The state could not be stored: {error}"))
    }

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    fn html(&self) -> Response {
        let heading = format!("{} {}", self.status.as_u16(), self.title());
        let detail = self.detail.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#x27;");
        let page = format!(
            "<html><head><title>{heading}</title></head><body><h1>{heading}</h1>{detail}</body></html>\n"
        );
        (self.status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "detail": self.detail,
            "status": self.status.as_u16(),
            "title": self.title(),
            "type": "about:blank",
        });
        let mut response =
            (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string())
                .into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every error the same shape: those of the framework, which are plain text, become problems, and all become
/// HTML where the switch asks for it.
pub(crate) async fn shape_errors(State(node): State<Arc<Inner>>, request: Request, next: Next) -> Response {
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
