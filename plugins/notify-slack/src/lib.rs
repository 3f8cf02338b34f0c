#![doc = include_str!("../README.md")]

mod errors;
mod message;
mod notifier;
mod settings;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "slack"`: a channel of a Slack workspace.
pub const SLACK: Plugin = Plugin::new(
    "slack",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Notifier(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(notifier::Slack::new(&settings, context)?))
    }),
)
.with_about("A Slack channel: the outcome with the release link, a line a node, and the diff")
.stable()
.with_example(
    r##"token = { env = "SLACK_API_TOKEN" }
channel = "#deploys"
"##,
);
