//! Requests that fail because the script of the canned answers says so.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::runner::Failure;
use crate::shared::Shared;

/// Answers with a scripted failure in place of the route.
pub(super) async fn fail(State(node): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let address = request.uri().path().strip_prefix("/api").unwrap_or_default();
    match node.runs.failure(request.method().as_str(), address) {
        None => next.run(request).await,
        Some(Failure::Cut) => {
            let parts = [Ok(Bytes::from_static(b"[")), Err(io::ErrorKind::ConnectionReset.into())];
            let body = Body::from_stream(futures::stream::iter::<[io::Result<Bytes>; 2]>(parts));
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Some(Failure::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Problem::new(status, "The script of the canned answers fails this request.").into_response()
        }
    }
}
