//! Key Vault's answers and refusals, word by word where clients read the words.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::fake::FakeKeyVault;
use super::state::{Network, Permission};

/// An answer before it becomes a response.
#[derive(Debug)]
pub(super) struct AzureAnswer {
    status: StatusCode,
    body: Value,
    challenge: Option<String>,
}

impl AzureAnswer {
    pub(super) fn of(status: StatusCode, body: Value) -> Self {
        Self { status, body, challenge: None }
    }

    /// 200.
    pub(super) fn data(body: Value) -> Self {
        Self::of(StatusCode::OK, body)
    }

    /// 401, with the place to log in at.
    pub(super) fn challenge(origin: &str, message: &str) -> Self {
        let (tenant, audience) = (FakeKeyVault::TENANT, FakeKeyVault::AUDIENCE);
        let challenge = format!(r#"Bearer authorization="{origin}/{tenant}", resource="{audience}""#);
        let body = json!({ "error": { "code": "Unauthorized", "message": message } });
        Self { status: StatusCode::UNAUTHORIZED, body, challenge: Some(challenge) }
    }

    fn error(status: StatusCode, code: &str, message: &str, inner: Option<&str>) -> Self {
        let mut error = json!({ "code": code, "message": message });
        if let Some(inner) = inner {
            error["innererror"] = json!({ "code": inner });
        }
        Self::of(status, json!({ "error": error }))
    }

    /// 404 for a secret, or a version of it, that is not there.
    pub(super) fn missing(name: &str) -> Self {
        let message = format!(
            "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
        );
        Self::error(StatusCode::NOT_FOUND, "SecretNotFound", &message, None)
    }

    /// 400.
    pub(super) fn bad(message: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "BadParameter", message, None)
    }

    /// 405 for a request that this fake does not know.
    pub(super) fn unknown() -> Self {
        Self::error(StatusCode::METHOD_NOT_ALLOWED, "NotSupported", "This fake is read-only.", None)
    }

    /// 403 for a secret that is switched off.
    pub(super) fn disabled() -> Self {
        let message = "Operation get is not allowed on a disabled secret.";
        Self::error(StatusCode::FORBIDDEN, "Forbidden", message, Some("SecretDisabled"))
    }

    /// 403 for what is not permitted.
    pub(super) fn refused(permission: Permission, action: &str) -> Self {
        let (message, inner) = match permission {
            Permission::Role => (
                format!(
                    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=fake;oid=fake;iss=https://sts.windows.net/fake/\r\nAction: 'Microsoft.KeyVault/vaults/secrets/{action}/action'\r\nAssignment: (not found)\r\nVault: fake;location=norwayeast\r\n"
                ),
                "ForbiddenByRbac",
            ),
            Permission::Policy => (
                format!(
                    "The user, group or application 'appid=fake;oid=fake;iss=https://sts.windows.net/fake/' does not have secrets {action} permission on key vault 'fake;location=norwayeast'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
                ),
                "ForbiddenByPolicy",
            ),
        };
        Self::error(StatusCode::FORBIDDEN, "Forbidden", &message, Some(inner))
    }

    /// 403 for a caller from elsewhere.
    pub(super) fn elsewhere(network: Network) -> Self {
        let (message, inner) = match network {
            Network::Firewall => (
                "Client address is not authorized and caller is not a trusted service.\r\nClient address: 192.0.2.7\r\nVault: fake;location=norwayeast",
                "ForbiddenByFirewall",
            ),
            Network::PrivateOnly => (
                "Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\nVault: fake;location=norwayeast",
                "ForbiddenByConnection",
            ),
        };
        Self::error(StatusCode::FORBIDDEN, "Forbidden", message, Some(inner))
    }
}

impl IntoResponse for AzureAnswer {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(challenge) = self.challenge.and_then(|challenge| challenge.parse().ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
