#![doc = include_str!("../README.md")]

mod errors;
mod settings;
mod state;
mod step;
mod target;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "sample"`: the files of a node in sample.
pub const SAMPLE: Plugin = Plugin {
    kind: "sample",
    origin: deployer_core::origin!(),
    about: "The files of a node in sample",
    stage: Stage::Beta,
    settings: SettingsType::of::<settings::Settings>(),
    example: r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#,
    build: Build::Target(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(target::Target::new(&settings, context)?))
    }),
};
