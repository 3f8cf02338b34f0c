//! Error responses: a JSON problem object, or the HTML page of old nodes.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The reason for an error response.
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

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    /// The HTML page of old nodes.
    pub(crate) fn html(&self) -> Response {
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

impl From<std::io::Error> for Problem {
    /// The data directory cannot be written. The text contains no content of it.
    fn from(error: std::io::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The state could not be stored: {error}"))
    }
}
