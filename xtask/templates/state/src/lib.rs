#![doc = include_str!("../README.md")]

mod errors;
mod place;
mod settings;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "sample"`: state in sample.
pub const SAMPLE: Plugin = Plugin::new(
    "sample",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::State(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(place::Place::new(&settings, context)?))
    }),
)
.with_about("State in sample")
.with_example(r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#);
