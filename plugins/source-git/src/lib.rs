#![doc = include_str!("../README.md")]

mod errors;
mod listing;
mod settings;
mod source;
mod tree;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType, Stage};

/// `kind = "git"`: a commit of a git repository.
pub const GIT: Plugin = Plugin {
    kind: "git",
    origin: deployer_core::origin!(),
    about: "A branch, tag or commit of a git repository",
    stage: Stage::Stable,
    settings: SettingsType::of::<settings::Settings>(),
    example: r#"url = "github.com/acme/configuration"
branch = "main"
token = { env = "CONFIGURATION_GIT_TOKEN" }
"#,
    build: Build::Source(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        let source =
            source::Git::new(settings, context).map_err(|error| error.context(format_args!("[{name}]")))?;
        Ok(Arc::new(source))
    }),
};
