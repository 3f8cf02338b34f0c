//! Answers of an API server.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The user that the fake's tokens belong to.
const USER: &str = "system:serviceaccount:sesam:deployer";

/// An answer before it becomes a response.
#[derive(Debug)]
pub(super) struct KubernetesAnswer {
    status: StatusCode,
    body: Value,
}

impl KubernetesAnswer {
    /// 200.
    pub(super) fn data(body: Value) -> Self {
        Self { status: StatusCode::OK, body }
    }

    fn failure(status: StatusCode, reason: &str, message: &str, details: Value) -> Self {
        let body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "details": details, "code": status.as_u16(),
        });
        Self { status, body }
    }

    /// 404 for a Secret.
    pub(super) fn missing(name: &str) -> Self {
        let message = format!("secrets {name:?} not found");
        Self::failure(StatusCode::NOT_FOUND, "NotFound", &message, json!({ "name": name, "kind": "secrets" }))
    }

    /// 404 for a path.
    pub(super) fn unknown() -> Self {
        let message = "the server could not find the requested resource";
        Self::failure(StatusCode::NOT_FOUND, "NotFound", message, json!({}))
    }

    /// 401.
    pub(super) fn unauthorized() -> Self {
        Self::failure(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized", json!({}))
    }

    /// 403 for a verb on a Secret, or on all of a namespace.
    pub(super) fn forbidden(verb: &str, namespace: &str, name: Option<&str>) -> Self {
        let quoted = name.map(|name| format!(" {name:?}")).unwrap_or_default();
        let message = format!(
            "secrets{quoted} is forbidden: User {USER:?} cannot {verb} resource \"secrets\" in API group \"\" in the namespace {namespace:?}"
        );
        let mut details = json!({ "kind": "secrets" });
        if let Some(name) = name {
            details["name"] = json!(name);
        }
        Self::failure(StatusCode::FORBIDDEN, "Forbidden", &message, details)
    }
}

impl IntoResponse for KubernetesAnswer {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
