#![doc = include_str!("../README.md")]

mod content;
mod message;
mod settings;
mod state;
mod step;
mod target;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "git"`: the folder of a node in a git repository, from which the node reads its configuration itself.
pub const GIT: Plugin = Plugin::new(
    "git",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Target(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        let target =
            target::Git::new(settings, context).map_err(|error| error.context(format_args!("[{name}]")))?;
        Ok(Arc::new(target))
    }),
)
.with_about("The folder of a node in a git repository")
.stable()
.with_example(
    r#"url = "github.com/acme/node-extra"
branch = "main"
token = { env = "NODE_EXTRA_GIT_TOKEN" }
"#,
);
