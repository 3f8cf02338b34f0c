//! Vault's envelopes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer before it becomes a response.
#[derive(Debug)]
pub(super) struct VaultAnswer {
    status: StatusCode,
    body: Option<Value>,
}

impl VaultAnswer {
    /// 200 with `data`.
    pub(super) fn data(data: Value) -> Self {
        Self::envelope(StatusCode::OK, json!({ "data": data }))
    }

    /// 200 with `auth`.
    pub(super) fn auth(auth: Value) -> Self {
        Self::envelope(StatusCode::OK, json!({ "auth": auth }))
    }

    /// 200 with fields outside of any envelope, as `sys/health` answers.
    pub(super) fn bare(status: StatusCode, body: Value) -> Self {
        Self { status, body: Some(body) }
    }

    /// The common envelope, with some of its fields replaced or added.
    pub(super) fn envelope(status: StatusCode, fields: Value) -> Self {
        let mut body = json!({
            "request_id": "6d1d0e3c-7a53-4e0a-9a35-0e3f0b8e7a11", "lease_id": "", "renewable": false,
            "lease_duration": 0, "data": null, "wrap_info": null, "warnings": null, "auth": null,
        });
        if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
            body.extend(fields);
        }
        Self { status, body: Some(body) }
    }

    /// 204.
    pub(super) fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    /// An error with its texts; a missing secret has none.
    pub(super) fn error(status: StatusCode, errors: &[&str]) -> Self {
        Self { status, body: Some(json!({ "errors": errors })) }
    }

    /// 404 as for a secret, a folder or a feature that does not exist.
    pub(super) fn missing() -> Self {
        Self::error(StatusCode::NOT_FOUND, &[])
    }

    /// 404 as for a path below which nothing is mounted.
    pub(super) fn no_handler(path: &str) -> Self {
        let text = format!("no handler for route \"{path}\". route entry not found.");
        Self::error(StatusCode::NOT_FOUND, &[&text])
    }

    /// 405.
    pub(super) fn unsupported() -> Self {
        Self::error(StatusCode::METHOD_NOT_ALLOWED, &["1 error occurred:\n\t* unsupported operation\n\n"])
    }

    /// 403 as for a path that no policy of the token covers.
    pub(super) fn denied() -> Self {
        Self::error(StatusCode::FORBIDDEN, &["1 error occurred:\n\t* permission denied\n\n"])
    }

    /// 400.
    pub(super) fn invalid(text: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, &[text])
    }
}

impl IntoResponse for VaultAnswer {
    fn into_response(self) -> Response {
        match self.body {
            Some(body) => (self.status, Json(body)).into_response(),
            None => self.status.into_response(),
        }
    }
}
