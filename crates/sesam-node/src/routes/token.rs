//! The bearer token of a request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::problem::Problem;
use crate::shared::Shared;

/// Rejects a request without the token of the node. A node without a token accepts any token.
pub(super) async fn require_token(State(node): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let detail = match bearer_token(request.headers()) {
        None => "No authorization token provided",
        Some(token) if !is_accepted(&node, token) => "The authorization token is not valid",
        Some(_) => return next.run(request).await,
    };
    let status = if node.rules.switches.forbidden_for_bad_token {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::UNAUTHORIZED
    };
    Problem::new(status, detail).into_response()
}

/// Compares in constant time, so that the time of a response reveals nothing about the token except its length.
fn is_accepted(node: &Shared, token: &str) -> bool {
    node.jwt.as_ref().is_none_or(|jwt| jwt.expose_secret().as_bytes().ct_eq(token.as_bytes()).into())
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
