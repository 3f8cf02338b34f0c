//! What was asked of the node, for tests: never a body, never a header.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use crate::node::Inner;

/// One request, in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The method in upper case, as `PUT`.
    pub method: String,
    /// Path and query as received, percent-encoded, as `/api/config?force=false`.
    pub target: String,
    /// The status of the answer; none while the request runs, and for ever if the client went away.
    pub status: Option<u16>,
    /// The announced length of the request's body in bytes; none if it had no body or came in chunks.
    pub content_length: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    requests: Vec<LoggedRequest>,
    /// How many requests were cleared away, so that one that outlives a clearing finds no stranger's entry.
    cleared: usize,
}

impl RequestLog {
    pub(crate) fn entries(&self) -> Vec<LoggedRequest> {
        self.lock().requests.clone()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.lock();
        entries.cleared += entries.requests.len();
        entries.requests.clear();
    }

    fn begin(&self, request: LoggedRequest) -> usize {
        let mut entries = self.lock();
        entries.requests.push(request);
        entries.cleared + entries.requests.len() - 1
    }

    fn finish(&self, number: usize, status: u16) {
        let mut entries = self.lock();
        let Some(index) = number.checked_sub(entries.cleared) else { return };
        if let Some(request) = entries.requests.get_mut(index) {
            request.status = Some(status);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Enters every request into the node's log.
pub(crate) async fn log_request(State(node): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let number = node.requests.begin(LoggedRequest {
        method: request.method().to_string(),
        target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
        status: None,
        content_length: length.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()),
    });
    let response = next.run(request).await;
    node.requests.finish(number, response.status().as_u16());
    response
}
