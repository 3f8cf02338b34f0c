//! The services that give out tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::alg_id;
use serde_json::{Value, json};

use super::answer::GoogleAnswer;
use super::state::State;

/// Whom assertions are for, wherever they are sent.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// A member of a form, decoded.
pub(super) fn form_field(body: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(body).replace('+', " ");
    let value = text.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    percent_encoding::percent_decode_str(value.unwrap_or_default()).decode_utf8_lossy().into_owned()
}

/// `/token`: the assertion of a service account (<https://developers.google.com/identity/protocols/oauth2/service-account#httprest>).
pub(super) fn account(state: &mut State, body: &[u8]) -> GoogleAnswer {
    if form_field(body, "grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        return GoogleAnswer::oauth("unsupported_grant_type", "Invalid grant_type.");
    }
    match assertion(state, &form_field(body, "assertion")) {
        Ok(email) => {
            let token = state.issue("/token", &email);
            GoogleAnswer::data(
                json!({ "access_token": token, "expires_in": state.lifetime(), "token_type": "Bearer" }),
            )
        }
        Err(words) => GoogleAnswer::oauth("invalid_grant", words),
    }
}

/// The account that an assertion is from; the error is Google's words.
fn assertion(state: &State, assertion: &str) -> Result<String, &'static str> {
    const MALFORMED: &str = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
    let (message, signature) = assertion.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, claims) = message.split_once('.').ok_or(MALFORMED)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|_| MALFORMED);
    let read = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).map_err(|_| MALFORMED);
    let (header, claims) = (read(header)?, read(claims)?);
    let email = claims["iss"].as_str().unwrap_or_default();
    let key = state.accounts.get(email).ok_or("Invalid grant: account not found")?;
    let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.all;
    let mut rsa =
        algorithms.iter().filter(|algorithm| algorithm.signature_alg_id() == alg_id::RSA_PKCS1_SHA256);
    let signature = decoded(signature)?;
    let verified =
        rsa.any(|algorithm| algorithm.verify_signature(key, message.as_bytes(), &signature).is_ok());
    if header["alg"] != "RS256" || !verified {
        return Err("Invalid JWT Signature.");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let (issued, expires) = (claims["iat"].as_u64().unwrap_or(0), claims["exp"].as_u64().unwrap_or(0));
    if expires <= now || issued > now + 60 || expires - issued > 3600 {
        return Err(MALFORMED);
    }
    if claims["aud"] != AUDIENCE {
        return Err("Invalid JWT: Failed audience check.");
    }
    if claims["scope"] != SCOPE {
        return Err("Empty or missing scope not allowed.");
    }
    Ok(email.to_owned())
}

/// `/v1/token`: federation (<https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>).
pub(super) fn federation(state: &mut State, body: &[u8]) -> GoogleAnswer {
    let field = |name| form_field(body, name);
    let audience = field("audience");
    let trusted = audience.strip_prefix("//iam.googleapis.com/").and_then(|name| state.providers.get(name));
    let expected = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ];
    if expected.iter().any(|(name, value)| field(name) != *value) {
        return GoogleAnswer::oauth("invalid_request", "Invalid value for a member of the request.");
    }
    match trusted {
        None => GoogleAnswer::oauth(
            "invalid_target",
            "The target service indicated by the \"audience\" parameters is invalid.",
        ),
        Some(trusted) if *trusted != field("subject_token") => GoogleAnswer::oauth(
            "invalid_grant",
            "The audience in ID Token does not match the expected audience.",
        ),
        Some(_) => {
            let token = state.issue("/v1/token", &audience);
            GoogleAnswer::data(json!({
                "access_token": token, "expires_in": state.lifetime(), "token_type": "Bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }))
        }
    }
}

/// `:generateAccessToken`: an identity of a federation becomes a service account
/// (<https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>).
pub(super) fn impersonation(state: &mut State, email: &str, bearer: &str) -> GoogleAnswer {
    let is_federated = state.principal(bearer).is_some_and(|principal| principal.starts_with("//iam."));
    match (state.principal(bearer), is_federated && state.accounts.contains_key(email)) {
        (None, _) => GoogleAnswer::unauthenticated(),
        (_, false) => GoogleAnswer::denied("iam.serviceAccounts.getAccessToken", email),
        (_, true) => {
            let token = state.issue(":generateAccessToken", email);
            GoogleAnswer::data(json!({ "accessToken": token, "expireTime": "2099-01-01T00:00:00Z" }))
        }
    }
}

/// `/computeMetadata`: the machine's service account (<https://cloud.google.com/compute/docs/metadata/overview>).
pub(super) fn machine(state: &mut State, path: &str, query: &str, headers: &HeaderMap) -> GoogleAnswer {
    if headers.get("metadata-flavor").is_none_or(|value| value != "Google") {
        return GoogleAnswer::denied("metadata", "Missing Metadata-Flavor:Google header.");
    }
    let Some(email) = state.machine.clone() else {
        return GoogleAnswer::missing("no service account is attached to the machine");
    };
    let account =
        path.strip_prefix("v1/instance/service-accounts/").unwrap_or_default().trim_end_matches('/');
    match account.split_once('/') {
        Some((name, "token")) if name == "default" || name == email => {
            let token = state.issue("/computeMetadata", &email);
            GoogleAnswer::data(
                json!({ "access_token": token, "expires_in": state.lifetime(), "token_type": "Bearer" }),
            )
        }
        None if query.contains("recursive=true") => {
            GoogleAnswer::data(json!({ "email": email, "scopes": [SCOPE], "aliases": ["default"] }))
        }
        // Clients ask whether there is a metadata server at all.
        _ if path.is_empty() => GoogleAnswer::data(json!({})),
        _ => GoogleAnswer::missing("unknown account"),
    }
}
