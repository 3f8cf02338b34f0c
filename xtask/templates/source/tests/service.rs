//! The service in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use deployer_testkit::axum::extract::{Path, State};
use deployer_testkit::axum::http::{HeaderMap, StatusCode};
use deployer_testkit::axum::routing::get;
use deployer_testkit::axum::{Json, Router};
use deployer_core::Result;
use deployer_core::traits::ConfigSource;
use deployer_source_sample::SAMPLE;
use serde_json::{Value, json};

use crate::access::authorize;

type Files = BTreeMap<String, Vec<u8>>;

/// The files of every revision, the newest last. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Service(Arc<Mutex<Vec<Files>>>);

impl Service {
    pub(crate) fn router(&self) -> Router {
        let router = Router::new().route("/", get(list)).route("/files/{revision}/{*path}", get(read));
        router.with_state(self.clone())
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let mut revisions = self.lock();
        let mut files = revisions.last().cloned().unwrap_or_default();
        files.insert(path.to_owned(), content.to_owned());
        revisions.push(files);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Files>> {
        self.0.lock().expect("no holder panics")
    }
}

async fn list(State(service): State<Service>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    authorize(&headers)?;
    let revisions = service.lock();
    let paths: Vec<&String> = revisions.last().into_iter().flat_map(BTreeMap::keys).collect();
    Ok(Json(json!({ "revision": revisions.len().to_string(), "files": paths })))
}

async fn read(
    State(service): State<Service>,
    Path((revision, path)): Path<(usize, String)>,
    headers: HeaderMap,
) -> Result<Vec<u8>, StatusCode> {
    authorize(&headers)?;
    let revisions = service.lock();
    let files = revision.checked_sub(1).and_then(|at| revisions.get(at));
    files.and_then(|files| files.get(&path)).cloned().ok_or(StatusCode::NOT_FOUND)
}

/// The plugin as the settings build it.
pub(crate) fn build(settings: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn ConfigSource>> {
    deployer_testkit::build(&SAMPLE, settings, variables)
}
