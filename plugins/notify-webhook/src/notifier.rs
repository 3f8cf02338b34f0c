//! The receiver as a notifier.

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Report;
use deployer_core::plugin::Context;
use deployer_core::traits::Notifier;

use crate::payload::Payload;
use crate::settings::Settings;
use crate::wire::{Clock, Wire};

/// A service that accepts reports as JSON.
#[derive(Debug)]
pub(crate) struct Webhook {
    wire: Wire,
    environment: String,
}

impl Webhook {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context, clock: Clock) -> Result<Self> {
        Ok(Self { wire: Wire::new(settings, context, clock)?, environment: context.environment.clone() })
    }
}

#[async_trait]
impl Notifier for Webhook {
    fn location(&self) -> String {
        self.wire.name().to_string()
    }

    async fn deliver(&self, report: &Report) -> Result<()> {
        self.wire.post(&Payload::of_report(report)).await
    }

    async fn test(&self) -> Result<()> {
        self.wire.post(&Payload::of_test(&self.environment)).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use axum::Router;
    use axum::http::HeaderMap;
    use axum::routing::post;
    use deployer_core::SecretValue;
    use deployer_core::document::SourceText;
    use deployer_core::plugin::Section;
    use deployer_testkit::server::Server;
    use tokio::sync::mpsc;

    use super::*;
    use crate::signature;

    #[tokio::test]
    async fn the_signature_has_the_time_of_the_clock() {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let take = move |headers: HeaderMap, body: String| async move {
            sender
                .send((headers[signature::HEADER].to_str().expect("ASCII").to_owned(), body))
                .expect("open");
        };
        let server = Server::http(Router::new().route("/hook", post(take)));
        let text = format!("url = {:?}\nsecret = {{ env = \"KEY\" }}", server.url("/hook"));
        let source = SourceText::new("deployer.toml", text);
        let settings = Section::parse("notify 1", &source).and_then(Section::read).expect("settings");
        let context = Context::new("prod").with_variables([("KEY", "the-key")].into_iter().collect());
        let clock = || UNIX_EPOCH + Duration::from_millis(1_700_000_000_900);
        Webhook::new(&settings, &context, clock).expect("it builds").test().await.expect("it is taken");
        let (header, body) = receiver.recv().await.expect("a request");
        let expected = signature::value(&SecretValue::new("the-key"), 1_700_000_000, body.as_bytes());
        assert!(header.starts_with("t=1700000000,v1=") && header == expected, "{header}");
    }
}
