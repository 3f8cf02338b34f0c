//! A fake of a flow's trigger, and notifiers for it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Json, Query, State};
use axum::http::StatusCode;
use axum::routing::post;
use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::Notifier;
use deployer_notify_teams::TEAMS;
use serde_json::Value;

/// What stands for access in the address.
pub(crate) const SIGNATURE: &str = "the-signature";

/// Builds the plugin from its settings, with the address in `$TEAMS_WEBHOOK_URL`.
pub(crate) fn build(settings: &str, url: &str) -> Result<Arc<dyn Notifier>> {
    let context = Context::new("test").with_variables([("TEAMS_WEBHOOK_URL", url)].into_iter().collect());
    let source = SourceText::new("deployer.toml", settings);
    let Build::Notifier(build) = TEAMS.build else { panic!("a notifier") };
    build(Section::parse("notify 1", &source)?, &context)
}

/// The messages that a flow took.
#[derive(Clone, Default)]
pub(crate) struct Flow(Arc<Mutex<Vec<Value>>>);

impl Flow {
    /// The path of the trigger, with an empty signature to add to.
    pub(crate) const PATH: &str = "/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=";

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/workflows/1/triggers/manual/paths/invoke", post(Self::take))
            .with_state(self.clone())
    }

    /// The cards so far.
    pub(crate) fn cards(&self) -> Vec<Value> {
        let messages = self.0.lock().expect("no holder panics");
        messages.iter().map(|message| message["attachments"][0]["content"].clone()).collect()
    }

    /// 202 without a body, as Power Automate answers; 401 without the signature, 403 for one of somebody else.
    async fn take(
        State(flow): State<Flow>,
        Query(query): Query<Vec<(String, String)>>,
        Json(message): Json<Value>,
    ) -> StatusCode {
        let signature = query.iter().find(|(name, _)| name == "sig").map(|(_, value)| value.as_str());
        match signature {
            Some(SIGNATURE) => {}
            Some(other) if !other.is_empty() => return StatusCode::FORBIDDEN,
            _ => return StatusCode::UNAUTHORIZED,
        }
        flow.0.lock().expect("no holder panics").push(message);
        StatusCode::ACCEPTED
    }
}
