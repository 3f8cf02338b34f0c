#![doc = include_str!("../README.md")]

mod errors;
mod objections;
mod observe;
mod settings;
mod settling;
mod steps;
mod target;
mod token;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "node"`: a Sesam node, through its service API.
pub const NODE: Plugin = Plugin {
    kind: "node",
    origin: deployer_core::origin!(),
    about: "A Sesam node, through its service API",
    stage: Stage::Stable,
    settings: SettingsType::of::<settings::Settings>(),
    example: r#"url = "https://datahub-0000aaaa.sesam.cloud"
token = { env = "SESAM_JWT" }
"#,
    build: Build::Target(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(target::Node::new(settings, context)?))
    }),
};
