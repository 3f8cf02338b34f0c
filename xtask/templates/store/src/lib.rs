#![doc = include_str!("../README.md")]

mod errors;
mod settings;
mod store;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "sample"`: secrets from sample.
pub const SAMPLE: Plugin = Plugin::new(
    "sample",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Store(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(store::Store::new(&settings, context)?))
    }),
)
.with_about("Secrets from sample")
.with_example(r#"url = "https://sample.example.com"
token = { env = "SAMPLE_TOKEN" }
"#);
