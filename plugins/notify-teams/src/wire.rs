//! The one call: a card to the trigger of a flow
//! (<https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook>).

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, SecretUrl};

use crate::card::Message;
use crate::errors;
use crate::settings::Settings;

/// The trigger of a flow.
#[derive(Debug)]
pub(crate) struct Wire {
    client: Client,
    url: SecretUrl,
}

impl Wire {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        let Settings { url, http } = settings;
        let url = SecretUrl::parse(&url.resolve(context)?, format!("flow in {url}"), http.allow_http)?;
        refuse_retired(&url)?;
        Ok(Self { client: Client::new(context, http)?, url })
    }

    /// The name of the flow in messages.
    pub(crate) fn name(&self) -> &SecretUrl {
        &self.url
    }

    /// Sends a message. `Ok` means that the flow accepted it, not that Teams shows it.
    pub(crate) async fn post(&self, message: &Message) -> Result<()> {
        const ATTEMPTED: &str = "post the card";
        let request = self.url.post().json(message)?;
        let response = self.client.send(request).await.map_err(|error| error.context(ATTEMPTED))?;
        errors::check(ATTEMPTED, &response)
    }
}

/// Office 365 connectors are retired: messages are lost, or refused without a reason
/// (<https://devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams/>).
fn refuse_retired(url: &SecretUrl) -> Result<()> {
    let host = url.host().to_ascii_lowercase();
    let is_connector = host.ends_with(".webhook.office.com")
        || (["outlook.office.com", "outlook.office365.com"].contains(&host.as_str())
            && url.path_starts_with("/webhook/"));
    if !is_connector {
        return Ok(());
    }
    Err(Error::new(Kind::Settings, format!("the {url} cannot be used"))
        .with_cause("it is the address of an Office 365 connector, which Microsoft has retired")
        .with_hint(
            "in Teams, open Workflows at the channel or chat, add \"Send webhook alerts to a channel\" (or chat), \
             and use the address that it shows",
        ))
}
