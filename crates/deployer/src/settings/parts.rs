//! The parts of the settings: what they are read with, their origin and plugins.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use deployer_core::document::SourceText;
use deployer_core::error::Place;
use deployer_core::plugin::{Family, Plugin, ProcessVariables};
use deployer_core::{Error, Kind};

use super::send::SendWhen;

/// The environment, the variables and the plugins that settings are read with.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The environment that was asked for, if any.
    pub environment: Option<&'a str>,
    /// The environment that takes precedence over the file's own, if none was asked for and the file defines it.
    pub preferred: Option<&'a str>,
    /// The environment variables.
    pub variables: &'a ProcessVariables,
    /// The plugins of the program, whose sections are checked too, as are paths; `None` checks neither.
    pub plugins: Option<&'a [&'a Plugin]>,
    /// The families whose credentials the command needs: if the settings cannot be used, missing ones are reported too.
    pub credentials: &'a [Family],
    /// The folder that `--source` names.
    pub source: Option<&'a Path>,
}

impl<'a> Asked<'a> {
    /// Settings alone: neither the sections of plugins nor credentials are checked.
    pub fn new(environment: Option<&'a str>, variables: &'a ProcessVariables) -> Self {
        Self { environment, preferred: None, variables, plugins: None, credentials: &[], source: None }
    }
}

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

/// Where settings come from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file or the variables.
    pub source: SettingsSource,
    /// What the plugins' sections and the keys of the file are read from. In a text that environment variables were converted to, the
    /// place of a value is its variable.
    pub(super) text: SourceText,
}

impl Origin {
    /// All problems under one heading, each once: a problem outside of environments is found in every environment.
    pub(super) fn unusable(&self, mut problems: Vec<Error>) -> Error {
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        let from = match self.source {
            SettingsSource::Variables => "the environment variables".to_owned(),
            SettingsSource::File(_) | SettingsSource::BuiltIn => {
                format!("the settings in {}", self.text.file())
            }
        };
        Error::many(Kind::Settings, format!("{from} cannot be used"), problems)
    }
}

/// The problems of a section, without their heading.
pub(super) fn one_by_one(error: Error) -> Vec<Error> {
    match error.related() {
        [] => vec![error],
        related => related.to_vec(),
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

/// Names in a sentence.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "none".to_owned() } else { quoted.join(", ") }
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
