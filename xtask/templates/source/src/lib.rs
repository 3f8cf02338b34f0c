#![doc = include_str!("../README.md")]

mod errors;
mod manifest;
mod settings;
mod snapshot;
mod source;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "sample"`: a configuration in sample.
pub const SAMPLE: Plugin = Plugin::new(
    "sample",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Source(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(source::Source::new(&settings, context)?))
    }),
)
.with_about("A configuration in sample")
.with_example(r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#);
