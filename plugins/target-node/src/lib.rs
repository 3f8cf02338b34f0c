#![doc = include_str!("../README.md")]

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
        let (name, place) = (section.name().to_owned(), section.place());
        let settings: settings::Settings = section.read()?;
        let access = settings.access(&name, &place, context)?;
        Ok(Arc::new(target::Node::new(&settings, &access, context)?))
    }),
};
