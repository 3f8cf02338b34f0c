//! Answers of Google's APIs.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer before it becomes a response.
#[derive(Debug)]
pub(super) struct GoogleAnswer {
    status: StatusCode,
    body: Value,
}

impl GoogleAnswer {
    /// 200.
    pub(super) fn data(body: Value) -> Self {
        Self { status: StatusCode::OK, body }
    }

    fn error(status: StatusCode, code: &str, message: &str, reason: Option<&str>) -> Self {
        let mut error = json!({ "code": status.as_u16(), "message": message, "status": code });
        if let Some(reason) = reason {
            error["details"] = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason,
                "domain": "googleapis.com",
            }]);
        }
        Self { status, body: json!({ "error": error }) }
    }

    /// 404.
    pub(super) fn missing(message: &str) -> Self {
        Self::error(StatusCode::NOT_FOUND, "NOT_FOUND", message, None)
    }

    /// 400 for a version that is disabled or destroyed.
    pub(super) fn in_state(version: &str, state: &str) -> Self {
        let message = format!("Secret Version [{version}] is in {state} state.");
        Self::error(StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", &message, None)
    }

    /// 400.
    pub(super) fn invalid(message: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message, None)
    }

    /// 401.
    pub(super) fn unauthenticated() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
        Self::error(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            message,
            Some("ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        )
    }

    /// 403 for a permission that the caller lacks.
    pub(super) fn denied(permission: &str, resource: &str) -> Self {
        let message =
            format!("Permission '{permission}' denied for resource '{resource}' (or it may not exist).");
        Self::error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", &message, Some("IAM_PERMISSION_DENIED"))
    }

    /// 403 for a project without the service.
    pub(super) fn service_disabled() -> Self {
        let message =
            "Secret Manager API has not been used in project 123456789012 before or it is disabled.";
        Self::error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message, Some("SERVICE_DISABLED"))
    }

    /// The refusal of a token service (RFC 6749, section 5.2).
    pub(super) fn oauth(error: &str, words: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, body: json!({ "error": error, "error_description": words }) }
    }
}

impl IntoResponse for GoogleAnswer {
    fn into_response(self) -> Response {
        // Only the metadata server sets it, and no other client looks at it.
        (self.status, [("metadata-flavor", "Google")], Json(self.body)).into_response()
    }
}
