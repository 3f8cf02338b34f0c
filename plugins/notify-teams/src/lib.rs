#![doc = include_str!("../README.md")]

mod card;
mod errors;
mod notifier;
mod settings;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "teams"`: a flow that posts to a channel or chat of Microsoft Teams.
pub const TEAMS: Plugin = Plugin::new(
    "teams",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Notifier(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(notifier::Teams::new(&settings, context)?))
    }),
)
.with_about("A channel or chat of Microsoft Teams: an Adaptive Card with the outcome, the link and the diff")
.with_example(
    r#"url = { env = "TEAMS_WEBHOOK_URL" }
"#,
);
