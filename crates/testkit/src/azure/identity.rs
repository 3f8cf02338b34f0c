//! The services that give out tokens.

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::answer::AzureAnswer;
use super::asked::Asked;
use super::fake::FakeKeyVault;
use super::secrets::now;
use super::state::State;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What Entra ID answers below a tenant (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).
pub(super) fn entra(state: &mut State, asked: &Asked<'_>, tenant: &str, path: &str) -> AzureAnswer {
    if tenant != FakeKeyVault::TENANT {
        let words = format!(
            "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        );
        return refused(StatusCode::BAD_REQUEST, "invalid_request", 90_002, &words);
    }
    match (asked.method, path) {
        ("GET", "v2.0/.well-known/openid-configuration") => discovery(asked.origin, tenant),
        ("POST", "oauth2/v2.0/token") => token(state, asked),
        _ => AzureAnswer::unknown(),
    }
}

/// Clients ask for it before they log in (<https://openid.net/specs/openid-connect-discovery-1_0.html>).
fn discovery(origin: &str, tenant: &str) -> AzureAnswer {
    AzureAnswer::data(json!({
        "issuer": format!("{origin}/{tenant}/v2.0"),
        "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys"),
    }))
}

fn token(state: &mut State, asked: &Asked<'_>) -> AzureAnswer {
    let form = asked.form();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if field("grant_type") != "client_credentials" {
        return refused(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            70_003,
            "AADSTS70003: The grant type is not supported.",
        );
    }
    if field("scope") != format!("{}/.default", FakeKeyVault::AUDIENCE) {
        let words = "AADSTS500011: The resource principal was not found in the tenant.";
        return refused(StatusCode::BAD_REQUEST, "invalid_resource", 500_011, words);
    }
    let client_id = field("client_id");
    let known: Vec<_> = state.applications.iter().filter(|known| known.client_id == client_id).collect();
    if known.is_empty() {
        let words = format!(
            "AADSTS700016: Application with identifier '{client_id}' was not found in the directory."
        );
        return refused(StatusCode::BAD_REQUEST, "unauthorized_client", 700_016, &words);
    }
    let proven = match field("client_assertion_type") {
        ASSERTION => known.iter().any(|known| known.assertion.as_deref() == Some(field("client_assertion"))),
        _ => known.iter().any(|known| known.secret.as_deref() == Some(field("client_secret"))),
    };
    if proven {
        let token = state.issue(asked.path, Some(client_id));
        let lifetime = State::LIFETIME;
        return AzureAnswer::data(json!({
            "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
        }));
    }
    if field("client_assertion_type") == ASSERTION {
        let words =
            "AADSTS700213: No matching federated identity record found for presented assertion subject.";
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", 700_213, words);
    }
    let words = format!(
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."
    );
    refused(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, &words)
}

fn refused(status: StatusCode, error: &str, code: u64, words: &str) -> AzureAnswer {
    let ids = "Trace ID: 8d6c0f2a-fake Correlation ID: 0b6c7f1e-fake Timestamp: 2026-01-01 00:00:00Z";
    AzureAnswer::of(
        status,
        json!({
            "error": error, "error_description": format!("{words} {ids}"), "error_codes": [code],
            "timestamp": "2026-01-01 00:00:00Z", "trace_id": "8d6c0f2a-fake", "correlation_id": "0b6c7f1e-fake",
        }),
    )
}

/// What the identity service of a virtual machine answers
/// (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>).
pub(super) fn machine(state: &mut State, asked: &Asked<'_>, headers: &HeaderMap) -> AzureAnswer {
    if headers.get("metadata").is_none_or(|value| value != "true") {
        return complaint("invalid_request", "Required metadata header not specified");
    }
    managed(state, asked)
}

/// What the identity service of App Service answers
/// (<https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>).
pub(super) fn app_service(state: &mut State, asked: &Asked<'_>, headers: &HeaderMap) -> AzureAnswer {
    let given = headers.get("x-identity-header").and_then(|value| value.to_str().ok());
    if given.is_none() || given != state.identity_header.as_deref() {
        return AzureAnswer::of(
            StatusCode::UNAUTHORIZED,
            json!({ "statusCode": 401, "message": "Unauthorized" }),
        );
    }
    managed(state, asked)
}

fn managed(state: &mut State, asked: &Asked<'_>) -> AzureAnswer {
    let resource = asked.parameter("resource").unwrap_or_default();
    if resource != FakeKeyVault::AUDIENCE {
        return complaint(
            "invalid_resource",
            "AADSTS500011: The resource principal was not found in the tenant.",
        );
    }
    let client_id = asked.parameter("client_id");
    if !state.machine_identities.contains(&client_id) {
        return complaint("invalid_request", "Identity not found");
    }
    let token = state.issue(asked.path, client_id.as_deref());
    AzureAnswer::data(json!({
        "access_token": token, "expires_on": (now() + State::LIFETIME).to_string(), "resource": resource,
        "token_type": "Bearer", "client_id": client_id,
    }))
}

fn complaint(error: &str, words: &str) -> AzureAnswer {
    AzureAnswer::of(StatusCode::BAD_REQUEST, json!({ "error": error, "error_description": words }))
}

/// What Azure Pipelines answers a job that wants to be vouched for
/// (<https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create>).
pub(super) fn pipelines(state: &State, asked: &Asked<'_>, bearer: Option<&str>) -> AzureAnswer {
    let id = asked.parameter("serviceConnectionId");
    let connection = state.connections.iter().find(|[known, _, _]| Some(known) == id.as_ref());
    match connection {
        _ if bearer.is_none() => AzureAnswer::of(StatusCode::UNAUTHORIZED, Value::Null),
        None => AzureAnswer::of(
            StatusCode::NOT_FOUND,
            json!({ "message": "The service connection was not found." }),
        ),
        Some([_, access_token, _]) if bearer != Some(access_token) => {
            AzureAnswer::of(StatusCode::UNAUTHORIZED, Value::Null)
        }
        Some([_, _, token]) => AzureAnswer::data(json!({ "oidcToken": token })),
    }
}
