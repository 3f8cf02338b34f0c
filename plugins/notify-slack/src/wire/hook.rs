//! The one call to an incoming webhook (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, HttpSettings, SecretUrl};
use slack_morphism::prelude::{SlackApiPostWebhookMessageRequest, SlackMessageContent};

use crate::errors;

/// An incoming webhook. Its address is the credential and selects the channel.
#[derive(Debug)]
pub(crate) struct Hook {
    client: Client,
    url: SecretUrl,
}

impl Hook {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(reference: &Credential, http: &HttpSettings, context: &Context) -> Result<Self> {
        let name = format!("webhook in {reference}");
        let url = SecretUrl::parse(&reference.resolve(context)?, name, http.allow_http)?;
        if url.path_starts_with("/triggers/") || url.path_starts_with("/workflows/") {
            return Err(Error::new(Kind::Settings, format!("the {url} cannot be used"))
                .with_cause("it starts a workflow, which does not post messages")
                .with_hint("add an incoming webhook to a Slack app; its address has /services/ in it"));
        }
        Ok(Self { client: Client::new(context, http)?, url })
    }

    /// The name of the webhook in messages.
    pub(crate) fn name(&self) -> &SecretUrl {
        &self.url
    }

    /// Posts a message.
    pub(crate) async fn post(&self, content: &SlackMessageContent) -> Result<()> {
        const ATTEMPTED: &str = "post the message";
        let message = SlackApiPostWebhookMessageRequest::new(content.clone());
        let request = self.url.post().json(&message)?;
        let response = self.client.send(request).await.map_err(|error| error.context(ATTEMPTED))?;
        errors::check_hook(ATTEMPTED, &response)
    }
}
