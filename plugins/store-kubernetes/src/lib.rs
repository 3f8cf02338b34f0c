//! Secrets of a Kubernetes namespace.
#![doc = include_str!("../README.md")]

mod errors;
mod naming;
mod settings;
mod store;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "kubernetes"`: the Secrets of one namespace.
pub const KUBERNETES: Plugin = Plugin::new(
    "kubernetes",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Store(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(store::Namespace::new(settings.resolve(&name, context)?)))
    }),
)
.with_about("Secrets of a Kubernetes namespace")
.with_example(
    r#"namespace = "sesam"
naming = "bundle"
path = "sesam-secrets"
login.token.address = "https://10.0.0.1:6443"
login.token.token = { env = "KUBE_TOKEN" }
"#,
);
