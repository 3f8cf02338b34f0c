#![doc = include_str!("../README.md")]

mod errors;
mod message;
mod notifier;
mod settings;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "slack"`: a channel of a Slack workspace.
pub const SLACK: Plugin = Plugin {
    kind: "slack",
    origin: deployer_core::origin!(),
    about: "A Slack channel: the outcome with the release link, a line a node, and the diff",
    stage: Stage::Stable,
    settings: SettingsType::of::<settings::Settings>(),
    example: r##"token = { env = "SLACK_API_TOKEN" }
channel = "#deploys"
"##,
    build: Build::Notifier(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(notifier::Slack::new(&settings, context)?))
    }),
};
