//! The flow as a notifier.

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Report;
use deployer_core::plugin::Context;
use deployer_core::traits::Notifier;

use crate::card::Message;
use crate::settings::Settings;
use crate::wire::Wire;

/// A flow that posts its requests to a channel or chat.
#[derive(Debug)]
pub(crate) struct Teams {
    wire: Wire,
}

impl Teams {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(Self { wire: Wire::new(settings, context)? })
    }
}

#[async_trait]
impl Notifier for Teams {
    fn location(&self) -> String {
        format!("Microsoft Teams by the {}", self.wire.name())
    }

    fn caveat(&self) -> Option<&'static str> {
        Some("the flow accepted it; whether it shows in Teams only the flow's run history tells")
    }

    async fn deliver(&self, report: &Report) -> Result<()> {
        self.wire.post(&Message::of_report(report)).await
    }

    async fn test(&self) -> Result<()> {
        self.wire.post(&Message::of_text("sesam-deployer can post here.")).await
    }
}
