//! A receiver, and notifiers for it.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::model::{Outcome, Report};
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::Notifier;
use deployer_notify_webhook::WEBHOOK;

/// The key of the signature.
pub(crate) const KEY: &str = "the-signing-key-ø";
/// The token that the receiver asks for in `X-Api-Key`.
pub(crate) const TOKEN: &str = "the-api-token";
/// A token that it knows, and that may do nothing.
pub(crate) const POWERLESS: &str = "another-api-token";
/// The settings for a receiver that asks for a token.
pub(crate) const SETTINGS: &str = "url = { env = \"URL\" }\nsecret = { env = \"WEBHOOK_SECRET\" }\n\
    headers = { X-Api-Key = { env = \"TOKEN\" } }\nhttp = { timeout_seconds = 1 }\n";

/// A request that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Taken {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A receiver that keeps what it takes.
#[derive(Clone, Default)]
pub(crate) struct Receiver(Arc<Mutex<Vec<Taken>>>);

impl Receiver {
    pub(crate) const PATH: &str = "/hook/";

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route(Self::PATH, post(Self::take))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone())
    }

    pub(crate) fn taken(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.0.lock().expect("no holder panics")
    }

    async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let taken = Taken { headers, body };
        match taken.header("x-api-key") {
            TOKEN => receiver.taken().push(taken),
            POWERLESS => return StatusCode::FORBIDDEN,
            _ => return StatusCode::UNAUTHORIZED,
        }
        StatusCode::NO_CONTENT
    }
}

/// Builds the plugin from its settings, with variables.
pub(crate) fn build(settings: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn Notifier>> {
    let context = Context::new("prod").with_variables(variables.iter().copied().collect());
    let source = SourceText::new("deployer.toml", settings);
    let Build::Notifier(build) = WEBHOOK.build else { panic!("a notifier") };
    build(Section::parse("notify 1", &source)?, &context)
}

/// A notifier for a receiver.
pub(crate) fn notifier(url: &str, token: &str) -> Arc<dyn Notifier> {
    build(SETTINGS, &[("URL", url), ("WEBHOOK_SECRET", KEY), ("TOKEN", token)]).expect("settings")
}

/// Reports of every kind.
pub(crate) fn reports() -> [Report; 3] {
    let deployed = Report::new(Outcome::Deployed, "prod".to_owned(), "1 to add on master æøå".to_owned())
        .with_nodes(vec!["master: 1 to add".to_owned()])
        .with_link(Some("https://ci.example/run/1".to_owned()))
        .with_diff("--- a\n+++ b\n+  \"æøå\": \"<b> & 漢字 \u{1}\"\n".to_owned());
    let failed = deployed
        .clone()
        .with_outcome(Outcome::Failed)
        .with_link(None)
        .with_errors(vec!["master: refused".to_owned()]);
    let huge = deployed.clone().with_outcome(Outcome::Planned).with_diff("+ a line ø\n".repeat(100_000));
    [deployed, failed, huge]
}
