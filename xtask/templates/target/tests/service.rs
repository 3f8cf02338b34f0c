//! The service in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use deployer_testkit::axum::extract::State;
use deployer_testkit::axum::http::{HeaderMap, StatusCode};
use deployer_testkit::axum::routing::get;
use deployer_testkit::axum::{Json, Router};
use deployer_core::Result;
use deployer_core::traits::NodeTarget;
use deployer_target_sample::SAMPLE;
use serde_json::{Value, json};

use crate::access::authorize;

/// The files of a node and how often they were written. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Service(Arc<Mutex<(usize, BTreeMap<String, String>)>>);

impl Service {
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/", get(read).put(write)).with_state(self.clone())
    }

    /// Somebody else writes a file.
    pub(crate) fn intrude(&self, path: &str, text: &str) {
        let mut state = self.lock();
        state.0 += 1;
        state.1.insert(path.to_owned(), text.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, (usize, BTreeMap<String, String>)> {
        self.0.lock().expect("no holder panics")
    }
}

async fn read(State(service): State<Service>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    authorize(&headers)?;
    let (version, files) = &*service.lock();
    Ok(Json(json!({ "version": version.to_string(), "files": files })))
}

async fn write(
    State(service): State<Service>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    authorize(&headers)?;
    let mut state = service.lock();
    if body["version"] != state.0.to_string() {
        return Err(StatusCode::CONFLICT);
    }
    let files = body["files"].as_object().ok_or(StatusCode::BAD_REQUEST)?;
    let text = |text: &Value| text.as_str().map(str::to_owned).ok_or(StatusCode::BAD_REQUEST);
    let files: Result<_, StatusCode> =
        files.iter().map(|(path, value)| Ok((path.clone(), text(value)?))).collect();
    *state = (state.0 + 1, files?);
    Ok(Json(json!({ "version": state.0.to_string() })))
}

/// The plugin as the settings build it.
pub(crate) fn build(settings: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn NodeTarget>> {
    deployer_testkit::build(&SAMPLE, settings, variables)
}
