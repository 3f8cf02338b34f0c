#![doc = include_str!("../README.md")]

mod errors;
mod manifest;
mod settings;
mod snapshot;
mod source;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "sample"`: a configuration in sample.
pub const SAMPLE: Plugin = Plugin {
    kind: "sample",
    origin: deployer_core::origin!(),
    about: "A configuration in sample",
    stage: Stage::Beta,
    settings: SettingsType::of::<settings::Settings>(),
    example: r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#,
    build: Build::Source(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(source::Source::new(&settings, context)?))
    }),
};
