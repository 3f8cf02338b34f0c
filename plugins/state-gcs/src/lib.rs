//! State in a bucket of Google Cloud Storage.
#![doc = include_str!("../README.md")]

mod login;
mod settings;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "gcs"`: a folder of a bucket.
pub const GCS: Plugin = Plugin::new(
    "gcs",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::State(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(settings.place(&name, context)?))
    }),
)
.with_about("A bucket of Google Cloud Storage")
.with_example(
    r#"bucket = "team-sesam-state"
prefix = "prod"
login.service_account_key = { env = "GCP_SERVICE_ACCOUNT_KEY" }
"#,
);
