//! The middle step of an upload: the bytes, sent to an address of their own.

use axum::body::Bytes;
use axum::extract::{Path, State as Held};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};

use super::fake::FakeSlack;
use super::state::UPLOAD;

/// Slack answers `OK - <bytes>`; a body of another length than announced is refused.
pub(super) async fn receive(
    Held(slack): Held<FakeSlack>,
    Path(file): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let mut state = slack.lock();
    state.received.push(body.to_vec());
    if state.failure(UPLOAD).is_some() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "upload failed".to_owned());
    }
    let Some(upload) = state.uploads.get_mut(&file) else {
        return (StatusCode::NOT_FOUND, "no such upload".to_owned());
    };
    if upload.length != body.len() {
        let text = format!("announced {} bytes, received {}", upload.length, body.len());
        return (StatusCode::BAD_REQUEST, text);
    }
    upload.sent_token = headers.contains_key(AUTHORIZATION);
    upload.content = Some(body.to_vec());
    (StatusCode::OK, format!("OK - {}", body.len()))
}
