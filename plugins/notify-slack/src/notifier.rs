//! The channel as a notifier.

use async_trait::async_trait;
use deployer_core::model::Report;
use deployer_core::plugin::Context;
use deployer_core::traits::Notifier;
use deployer_core::{Error, Result, Retry};

use crate::message::{self, Shown};
use crate::settings::{Diff, Settings, Way};
use crate::wire::{Api, Hook, Posted};

/// A channel of a Slack workspace.
#[derive(Debug)]
pub(crate) enum Slack {
    /// By the Web API.
    Bot { api: Api, channel: String, diff: Diff, thread: bool },
    /// By an incoming webhook.
    Webhook { hook: Hook, with_diff: bool },
}

impl Slack {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(match settings.way()? {
            Way::Bot { token, channel, diff, thread } => Self::Bot {
                api: Api::new(settings, token, context)?,
                channel: channel.to_owned(),
                diff,
                thread,
            },
            Way::Webhook { url, with_diff } => {
                Self::Webhook { hook: Hook::new(url, &settings.http, context)?, with_diff }
            }
        })
    }
}

#[async_trait]
impl Notifier for Slack {
    fn location(&self) -> String {
        match self {
            Self::Bot { channel, .. } => format!("Slack channel {channel}"),
            Self::Webhook { hook, .. } => format!("Slack by the {}", hook.name()),
        }
    }

    async fn deliver(&self, report: &Report) -> Result<()> {
        match self {
            Self::Webhook { hook, with_diff } => {
                let shown = if *with_diff { Shown::Start } else { Shown::Nothing };
                hook.post(&message::of_report(report, shown)).await
            }
            Self::Bot { api, channel, diff, thread } => {
                let is_file = match diff {
                    Diff::None => false,
                    Diff::File => !report.diff.is_empty(),
                    Diff::Auto => !message::is_short(&report.diff),
                };
                let shown = if is_file || *diff == Diff::None { Shown::Nothing } else { Shown::Whole };
                let posted = api.post(channel, message::of_report(report, shown)).await?;
                if !is_file {
                    return Ok(());
                }
                share(api, report, posted, *thread).await.map_err(after_the_message)
            }
        }
    }

    async fn test(&self) -> Result<()> {
        match self {
            Self::Webhook { hook, .. } => hook.post(&message::of_test()).await,
            Self::Bot { api, channel, .. } => api.post(channel, message::of_test()).await.map(drop),
        }
    }
}

/// Shares the diff as a file, with the three requests that Slack requires.
async fn share(api: &Api, report: &Report, posted: Posted, thread: bool) -> Result<()> {
    let content = report.diff.as_bytes();
    let name = format!("{}.diff", report.environment);
    let place = api.reserve(&name, content.len()).await?;
    api.upload(&place, content).await?;
    api.complete(place, format!("Changes for {}", report.environment), posted, thread).await
}

/// People have read the message already: delivering again would show it twice.
fn after_the_message(error: Error) -> Error {
    error.context("the message was delivered, the diff was not").with_retry(Retry::Never)
}
