#![doc = include_str!("../README.md")]

mod errors;
mod listing;
mod settings;
mod source;
mod tree;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "git"`: a commit of a git repository.
pub const GIT: Plugin = Plugin::new(
    "git",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Source(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        let source =
            source::Git::new(settings, context).map_err(|error| error.context(format_args!("[{name}]")))?;
        Ok(Arc::new(source))
    }),
)
.with_about("A branch, tag or commit of a git repository")
.stable()
.with_example(
    r#"url = "github.com/acme/configuration"
branch = "main"
token = { env = "CONFIGURATION_GIT_TOKEN" }
"#,
);
