#![doc = include_str!("../README.md")]

mod errors;
mod message;
mod notifier;
mod settings;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "sample"`: messages to sample.
pub const SAMPLE: Plugin = Plugin::new(
    "sample",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Notifier(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(notifier::Channel::new(&settings, context)?))
    }),
)
.with_about("Messages to sample")
.with_example(r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#);
