//! The service in memory.

use std::sync::{Arc, Mutex, MutexGuard};

use deployer_testkit::axum::extract::{DefaultBodyLimit, State};
use deployer_testkit::axum::http::{HeaderMap, StatusCode};
use deployer_testkit::axum::routing::post;
use deployer_testkit::axum::{Json, Router};
use deployer_core::Result;
use deployer_core::traits::Notifier;
use deployer_notify_sample::SAMPLE;
use serde_json::{Value, json};

use crate::access::authorize;

/// The messages so far. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Service(Arc<Mutex<Vec<Value>>>);

impl Service {
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/", post(take)).layer(DefaultBodyLimit::disable()).with_state(self.clone())
    }

    pub(crate) fn messages(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().expect("no holder panics")
    }
}

async fn take(
    State(service): State<Service>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    authorize(&headers)?;
    service.messages().push(message);
    Ok(Json(json!({})))
}

/// The plugin as the settings build it.
pub(crate) fn build(settings: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn Notifier>> {
    deployer_testkit::build(&SAMPLE, settings, variables)
}
