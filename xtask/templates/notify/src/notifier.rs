//! The service as a notifier.

use deployer_core::async_trait;
use deployer_core::Result;
use deployer_core::model::Report;
use deployer_core::plugin::Context;
use deployer_core::traits::Notifier;
use deployer_http::Request;
use serde::Deserialize;

use crate::errors::check;
use crate::message::Message;
use crate::settings::Settings;
use crate::wire::Wire;

/// A service that takes each message as a `POST`.
#[derive(Debug)]
pub(crate) struct Channel {
    wire: Wire,
    environment: String,
}

/// What the service answers.
#[derive(Debug, Deserialize)]
struct Posted {}

impl Channel {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(Self { wire: Wire::new(settings, context)?, environment: context.environment.clone() })
    }

    async fn post(&self, message: &Message) -> Result<()> {
        let attempted = "post the message";
        let request = Request::post(self.wire.url(&[])).json(message)?;
        let response = self.wire.send(attempted, request).await?;
        let Posted {} = check(attempted, response)?.json("the receipt of the message")?;
        Ok(())
    }
}

#[async_trait]
impl Notifier for Channel {
    fn location(&self) -> String {
        self.wire.location()
    }

    async fn deliver(&self, report: &Report) -> Result<()> {
        self.post(&Message::of_report(report)).await
    }

    async fn test(&self) -> Result<()> {
        self.post(&Message::of_test(&self.environment)).await
    }
}
