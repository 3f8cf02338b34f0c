#![doc = include_str!("../README.md")]

mod errors;
mod settings;
mod store;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "sample"`: secrets from sample.
pub const SAMPLE: Plugin = Plugin {
    kind: "sample",
    origin: deployer_core::origin!(),
    about: "Secrets from sample",
    stage: Stage::Beta,
    settings: SettingsType::of::<settings::Settings>(),
    example: r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#,
    build: Build::Store(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(store::Store::new(&settings, context)?))
    }),
};
