#![doc = include_str!("../README.md")]

mod archive;
mod content;
mod disk;
mod errors;
mod settings;
mod step;
mod target;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "folder"`: a folder or a zip archive of this machine, in the layout of a node.
pub const FOLDER: Plugin = Plugin::new(
    "folder",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Target(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        let target = target::Folder::new(&settings, context)
            .map_err(|error| error.context(format_args!("[{name}]")))?;
        Ok(Arc::new(target))
    }),
)
.with_about("A folder or zip archive of this machine")
.stable()
.with_example("path = \"deployed/node-extra\"\n");
