//! The service in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use deployer_core::Result;
use deployer_core::traits::StatePlace;
use deployer_state_sample::SAMPLE;
use deployer_testkit::axum::body::Bytes;
use deployer_testkit::axum::extract::{Path, Query, State};
use deployer_testkit::axum::http::{HeaderMap, StatusCode};
use deployer_testkit::axum::response::{IntoResponse, Response};
use deployer_testkit::axum::routing::get;
use deployer_testkit::axum::{Json, Router};
use serde_json::json;

use crate::access::authorize;

/// Objects by name, with their versions, and the number of writes.
#[derive(Default)]
struct Objects {
    stored: BTreeMap<String, (Bytes, String)>,
    writes: usize,
}

/// The objects of a place. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Service(Arc<Mutex<Objects>>);

impl Service {
    pub(crate) fn router(&self) -> Router {
        let object = get(read).put(write).delete(delete);
        Router::new().route("/", get(list)).route("/{name}", object).with_state(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().expect("no holder panics")
    }
}

fn missing(name: &str) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "missing": name }))).into_response()
}

async fn read(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    authorize(&headers)?;
    Ok(match service.lock().stored.get(&name) {
        Some((content, version)) => ([("etag", version.clone())], content.clone()).into_response(),
        None => missing(&name),
    })
}

async fn write(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
    content: Bytes,
) -> Result<Response, StatusCode> {
    authorize(&headers)?;
    let mut objects = service.lock();
    let current = objects.stored.get(&name).map(|(_, version)| version.as_str());
    let given = headers.get("if-match").and_then(|value| value.to_str().ok());
    if current != given {
        return Err(StatusCode::PRECONDITION_FAILED);
    }
    objects.writes += 1;
    let version = format!("\"{}\"", objects.writes);
    objects.stored.insert(name, (content, version.clone()));
    Ok((StatusCode::CREATED, [("etag", version)]).into_response())
}

async fn list(
    State(service): State<Service>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Vec<String>>, StatusCode> {
    authorize(&headers)?;
    let prefix = query.get("prefix").map_or("", String::as_str);
    Ok(Json(service.lock().stored.keys().filter(|name| name.starts_with(prefix)).cloned().collect()))
}

async fn delete(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    authorize(&headers)?;
    Ok(match service.lock().stored.remove(&name) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => missing(&name),
    })
}

/// The plugin as the settings build it.
pub(crate) fn build(settings: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn StatePlace>> {
    deployer_testkit::build(&SAMPLE, settings, variables)
}
