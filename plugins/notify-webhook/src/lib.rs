#![doc = include_str!("../README.md")]

mod address;
mod errors;
mod notifier;
mod payload;
mod settings;
mod signature;
mod wire;

use std::sync::Arc;
use std::time::SystemTime;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "webhook"`: any service that takes a signed `POST` of JSON.
pub const WEBHOOK: Plugin = Plugin {
    kind: "webhook",
    origin: deployer_core::origin!(),
    about: "Any service that takes a POST of JSON, signed with HMAC-SHA256",
    stage: Stage::Beta,
    settings: SettingsType::of::<settings::Settings>(),
    example: r#"url = "https://hooks.example.com/deploys"
secret = { env = "WEBHOOK_SECRET" }
"#,
    build: Build::Notifier(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(notifier::Webhook::new(&settings, context, SystemTime::now)?))
    }),
};
