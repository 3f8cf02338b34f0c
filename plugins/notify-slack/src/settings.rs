//! The plugin's part of the settings.

use deployer_core::plugin::Credential;
use deployer_core::{Error, Kind, Result};
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[[notify]]` with `kind = "slack"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The bot token of the Slack app.
    token: Option<Credential>,
    /// The channel's id, or its name.
    channel: Option<String>,
    /// The address of an incoming webhook, in place of a token and a channel.
    webhook: Option<Credential>,
    /// How the diff is shown.
    #[serde(default)]
    diff: Diff,
    /// Whether a diff that is a file is an answer to the message, and not a message of its own.
    #[schemars(extend("default" = true))]
    thread: Option<bool>,
    /// The address of Slack's Web API; other than the default for GovSlack, and in tests.
    #[serde(default = "default_api_url")]
    pub(crate) api_url: String,
    /// Certificates and time limits.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}

/// How the diff is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Diff {
    /// In the message while it is short, else as a file.
    #[default]
    Auto,
    /// As a file, however short.
    File,
    /// Not at all.
    None,
}

/// How the settings connect to the workspace.
#[derive(Debug)]
pub(crate) enum Way<'a> {
    /// As a bot, with channels, files and threads.
    Bot { token: &'a Credential, channel: &'a str, diff: Diff, thread: bool },
    /// Through an incoming webhook, which posts messages to one channel.
    Webhook { url: &'a Credential, with_diff: bool },
}

impl Settings {
    /// How to connect to the workspace.
    ///
    /// # Errors
    /// `Settings` unless the settings give exactly one, and for options that a webhook does not support.
    pub(crate) fn way(&self) -> Result<Way<'_>> {
        match (&self.token, &self.channel, &self.webhook) {
            (Some(token), Some(channel), None) if !channel.trim().is_empty() => Ok(Way::Bot {
                token,
                channel: channel.trim(),
                diff: self.diff,
                thread: self.thread.unwrap_or(true),
            }),
            (Some(_), Some(_), None) => Err(Error::new(Kind::Settings, "`channel` is empty")
                .with_hint("name a channel, such as `channel = \"#deploys\"`, or give its id")),
            (None, None, Some(_)) if self.diff == Diff::File || self.thread.is_some() => Err(Error::new(
                Kind::Settings,
                "an incoming webhook supports neither files nor threads",
            )
            .with_hint(
                "remove `diff = \"file\"` and `thread`, or give `token` and `channel` instead of `webhook`",
            )),
            (None, None, Some(url)) => Ok(Way::Webhook { url, with_diff: self.diff != Diff::None }),
            _ => Err(Error::new(Kind::Settings, "it is unclear how to connect to Slack")
                .with_hint("give either `token` and `channel`, or `webhook` alone")),
        }
    }
}

fn default_api_url() -> String {
    "https://slack.com/api".to_owned()
}
