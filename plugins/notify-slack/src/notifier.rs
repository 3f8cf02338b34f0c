//! The channel as a notifier.

use async_trait::async_trait;
use deployer_core::model::Report;
use deployer_core::plugin::Context;
use deployer_core::traits::Notifier;
use deployer_core::{Error, Result, Retry};

use crate::message;
use crate::settings::Settings;
use crate::wire::{Posted, Wire};

/// A channel of a Slack workspace.
#[derive(Debug)]
pub(crate) struct Slack {
    wire: Wire,
    channel: String,
}

impl Slack {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: Settings, context: &Context) -> Result<Self> {
        let wire = Wire::new(&settings, context)?;
        Ok(Self { wire, channel: settings.channel.trim().to_owned() })
    }

    /// Shares the diff as a file, in three requests as Slack wants it.
    async fn share(&self, report: &Report, posted: Posted) -> Result<()> {
        let content = report.diff.as_bytes();
        let name = format!("{}.diff", report.environment);
        let place = self.wire.reserve(&name, content.len()).await?;
        self.wire.upload(&place, content).await?;
        self.wire.complete(place, format!("Changes for {}", report.environment), posted).await
    }
}

#[async_trait]
impl Notifier for Slack {
    fn location(&self) -> String {
        format!("Slack channel {}", self.channel)
    }

    async fn deliver(&self, report: &Report) -> Result<()> {
        let posted = self.wire.post(&self.channel, message::of_report(report)).await?;
        if report.diff.is_empty() {
            return Ok(());
        }
        self.share(report, posted).await.map_err(after_the_message)
    }

    async fn test(&self) -> Result<()> {
        let text = "sesam-deployer can write to this channel.".to_owned();
        self.wire.post(&self.channel, text).await.map(drop)
    }
}

/// People have read the message already: delivering again would show it twice.
fn after_the_message(error: Error) -> Error {
    error.context("the message was delivered, the diff was not").with_retry(Retry::Never)
}
