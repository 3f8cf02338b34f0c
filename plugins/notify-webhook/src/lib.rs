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

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "webhook"`: any service that takes a signed `POST` of JSON.
pub const WEBHOOK: Plugin = Plugin::new(
    "webhook",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Notifier(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(notifier::Webhook::new(&settings, context, SystemTime::now)?))
    }),
)
.with_about("Any service that takes a POST of JSON, signed with HMAC-SHA256")
.with_example(
    r#"url = "https://hooks.example.com/deploys"
secret = { env = "WEBHOOK_SECRET" }
"#,
);
