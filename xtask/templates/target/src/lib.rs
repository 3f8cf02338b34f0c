#![doc = include_str!("../README.md")]

mod errors;
mod settings;
mod state;
mod step;
mod target;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "sample"`: the files of a node in sample.
pub const SAMPLE: Plugin = Plugin::new(
    "sample",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Target(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(target::Target::new(&settings, context)?))
    }),
)
.with_about("The files of a node in sample")
.with_example(r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#);
