#![doc = include_str!("../README.md")]

mod errors;
mod message;
mod notifier;
mod settings;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "sample"`: messages to sample.
pub const SAMPLE: Plugin = Plugin {
    kind: "sample",
    origin: deployer_core::origin!(),
    about: "Messages to sample",
    stage: Stage::Beta,
    settings: SettingsType::of::<settings::Settings>(),
    example: r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#,
    build: Build::Notifier(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(notifier::Channel::new(&settings, context)?))
    }),
};
