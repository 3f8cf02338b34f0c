//! Secrets from Google Secret Manager.
#![doc = include_str!("../README.md")]

mod errors;
mod naming;
mod settings;
mod store;
mod values;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "gcp"`: the secrets of one project.
pub const GCP: Plugin = Plugin::new(
    "gcp",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Store(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(store::SecretManager::new(settings.resolve(&name, context)?)))
    }),
)
.with_about("Google Secret Manager")
.with_example(
    r#"project = "team-prod"
prefix = "sesam-"
login.service_account_key = { env = "GCP_SERVICE_ACCOUNT_KEY" }
"#,
);
