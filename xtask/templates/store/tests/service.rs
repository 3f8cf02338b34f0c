//! The service in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use deployer_testkit::axum::extract::{Path, State};
use deployer_testkit::axum::http::{HeaderMap, StatusCode};
use deployer_testkit::axum::routing::get;
use deployer_testkit::axum::{Json, Router};
use deployer_core::Result;
use deployer_core::traits::SecretStore;
use deployer_store_sample::SAMPLE;
use serde_json::{Value, json};

use crate::access::authorize;

/// Secrets by name, and the names of those that nobody may read. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Service(Arc<Mutex<(BTreeMap<String, String>, BTreeSet<String>)>>);

impl Service {
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/{name}", get(read)).with_state(self.clone())
    }

    pub(crate) fn put(&self, secrets: &[(String, String)]) {
        self.lock().0.extend(secrets.iter().cloned());
    }

    pub(crate) fn deny(&self, name: &str) {
        self.lock().1.insert(name.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, (BTreeMap<String, String>, BTreeSet<String>)> {
        self.0.lock().expect("no holder panics")
    }
}

async fn read(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Value>), StatusCode> {
    authorize(&headers)?;
    let (secrets, denied) = &*service.lock();
    if denied.contains(&name) {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(match secrets.get(&name) {
        Some(value) => (StatusCode::OK, Json(json!({ "value": value }))),
        None => (StatusCode::NOT_FOUND, Json(json!({ "missing": name }))),
    })
}

/// The plugin as the settings build it.
pub(crate) fn build(settings: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn SecretStore>> {
    deployer_testkit::build(&SAMPLE, settings, variables)
}
