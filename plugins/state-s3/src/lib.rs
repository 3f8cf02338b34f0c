//! State in a bucket of Amazon S3 or a compatible service.
#![doc = include_str!("../README.md")]

mod login;
mod settings;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "s3"`: a folder of a bucket.
pub const S3: Plugin = Plugin::new(
    "s3",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::State(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(settings.place(&name, context)?))
    }),
)
.with_about("A bucket of Amazon S3, or of a service that speaks its protocol")
.with_example(
    r#"bucket = "team-sesam-state"
prefix = "prod"
region = "eu-north-1"
"#,
);
