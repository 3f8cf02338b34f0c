//! A place for state that machines share: objects with versions, over HTTP. Its server's faults make it slow, down or full.
//!
//! `GET`, `PUT` and `DELETE` on `/state/<name>`; a `PUT` has `If-None-Match: *` or `If-Match`, and answers have an `ETag`. `GET /state`
//! lists the names that start with `prefix`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

type Objects = BTreeMap<String, (u64, Vec<u8>)>;

/// The place; clones share its objects.
#[derive(Debug, Clone, Default)]
pub struct FakePlace(Arc<Mutex<Objects>>);

impl FakePlace {
    /// A place without objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves it below `/state`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/state", get(list))
            .route("/state/{name}", get(read).put(write).delete(delete))
            .with_state(self.clone())
    }

    /// The objects by name, as text.
    pub fn objects(&self) -> BTreeMap<String, String> {
        let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
        self.lock().iter().map(|(name, (_, content))| (name.clone(), text(content))).collect()
    }

    /// Writes an object, whatever is there.
    pub fn write(&self, name: &str, content: impl Into<Vec<u8>>) {
        let mut objects = self.lock();
        let version = objects.get(name).map_or(0, |(version, _)| *version) + 1;
        objects.insert(name.to_owned(), (version, content.into()));
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn list(
    State(place): State<FakePlace>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Json<Vec<String>> {
    let prefix = query.get("prefix").map_or("", String::as_str);
    Json(place.lock().keys().filter(|name| name.starts_with(prefix)).cloned().collect())
}

async fn read(State(place): State<FakePlace>, Path(name): Path<String>) -> Response {
    match place.lock().get(&name) {
        Some((version, content)) => ([("etag", version.to_string())], content.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn write(
    State(place): State<FakePlace>,
    Path(name): Path<String>,
    headers: HeaderMap,
    content: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut objects = place.lock();
    let version = objects.get(&name).map(|(version, _)| *version);
    let is_met = match (header("if-none-match"), header("if-match")) {
        (Some("*"), None) => version.is_none(),
        (None, Some(expected)) => version.is_some_and(|version| version.to_string() == expected),
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    if !is_met {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    let next = version.unwrap_or_default() + 1;
    objects.insert(name, (next, content.to_vec()));
    [("etag", next.to_string())].into_response()
}

async fn delete(State(place): State<FakePlace>, Path(name): Path<String>) -> StatusCode {
    place.lock().remove(&name);
    StatusCode::NO_CONTENT
}
