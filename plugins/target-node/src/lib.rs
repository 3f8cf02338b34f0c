#![doc = include_str!("../README.md")]

mod data;
mod errors;
mod objections;
mod observe;
mod settings;
mod settling;
mod steps;
mod syncconfig;
mod target;
mod token;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "node"`: a Sesam node, through its service API.
pub const NODE: Plugin = Plugin::new(
    "node",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Target(|section, context| {
        let (name, place) = (section.name().to_owned(), section.place());
        let settings: settings::Settings = section.read()?;
        let access = settings.access(&name, &place, context)?;
        Ok(Arc::new(target::Node::new(&settings, &access, context)?))
    }),
)
.with_about("A Sesam node, through its service API")
.stable()
.with_example(
    r#"url = "https://datahub-0000aaaa.sesam.cloud"
token = { env = "SESAM_JWT" }
"#,
);
