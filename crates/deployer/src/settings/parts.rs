//! The parts of the settings: their origin and plugins.

use std::path::{Path, PathBuf};

use deployer_core::error::Place;
use deployer_core::plugin::Family;

use super::send::SendWhen;

/// Where the settings came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsSource {
    /// The environment variables of the original deployer.
    Variables,
    /// A settings file.
    File(PathBuf),
    /// The settings file that the program carries.
    BuiltIn,
}

impl SettingsSource {
    /// The folder in which relative paths of plugins' settings start: that of the settings file, or the current folder.
    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Self::File(path) => match path.parent() {
                Some(folder) if folder != Path::new("") => folder.to_owned(),
                _ => PathBuf::from("."),
            },
            Self::Variables | Self::BuiltIn => PathBuf::from("."),
        }
    }
}

/// A plugin that the settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginUse {
    /// The section that names it: `stores.main`.
    pub section: String,
    /// The family that the section is for.
    pub family: Family,
    /// The word: `vault`.
    pub kind: String,
    /// Where the word stands.
    pub place: Place,
    /// Which reports it is sent; only a notifier has such a setting.
    pub send: Option<SendWhen>,
    /// The way to its section from the root of the settings; positions in lists are numbers.
    pub(super) path: Vec<String>,
}

/// A path without empty steps, `.` steps and a slash in front: the original appended paths to a folder's name as they were.
pub(super) fn tidy(path: &str) -> String {
    let steps: Vec<&str> = path.trim().split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_one_way() {
        assert_eq!(tidy("extra_nodes/eidsiva/"), "extra_nodes/eidsiva");
        assert_eq!(tidy("/./a//b.json "), "a/b.json");
        assert_eq!(tidy("."), "");
    }
}
