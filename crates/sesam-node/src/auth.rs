//! The bearer token of a request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;

use crate::node::Inner;
use crate::problem::Problem;

/// Lets a request pass that carries the node's token; without a token of its own, the node accepts any.
pub(crate) async fn require_token(State(node): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let detail = match bearer_token(request.headers()) {
        None => "No authorization token provided",
        Some(token) if node.jwt.as_ref().is_some_and(|jwt| jwt.expose_secret() != token) => {
            "The authorization token is not valid"
        }
        Some(_) => return next.run(request).await,
    };
    let status = if node.rules.switches.forbidden_for_bad_token {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::UNAUTHORIZED
    };
    Problem::new(status, detail).into_response()
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
