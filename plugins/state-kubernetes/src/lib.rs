//! Leases in a Kubernetes namespace.
#![doc = include_str!("../README.md")]

mod errors;
mod object;
mod place;
mod settings;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "kubernetes"`: the Leases of one namespace.
pub const KUBERNETES: Plugin = Plugin::new(
    "kubernetes",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Leases(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(settings.place(&name, context)?))
    }),
)
.with_about("Leases in a Kubernetes namespace; everything else is in a state folder")
.with_example(
    r#"namespace = "sesam"
login.pod = {}
"#,
);
