//! What both doors lead to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::error::{Note, Place};
use deployer_core::model::NodeName;
use deployer_core::plugin::{Credential, Family};
use deployer_engine::run::{Configuration, Safety, Verify};
use deployer_engine::stages::{Protection, Routes, SystemSecrets};
use tracing::level_filters::LevelFilter;

use super::dry_run;
use super::file::{SettingsFile, folder};
use super::merge::Table;
use super::send::SendWhen;
use crate::cli::LogFormat;

/// Where the settings came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// The environment variables of the original deployer.
    Variables,
    /// A settings file.
    File(PathBuf),
    /// The settings file that the program carries.
    BuiltIn,
}

/// The settings of a run, for one environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the environment, such as `prod`.
    pub environment: String,
    /// Where the settings came from.
    pub door: Door,
    /// How the configuration is laid out, and how it is read.
    pub configuration: Configuration,
    /// The nodes: the master first, then the extra nodes in the order of the settings.
    pub nodes: Vec<NodeSettings>,
    /// Which store is asked for which secret, where that is not up to the node.
    pub routes: Routes,
    /// The key of the fingerprints by which secrets that are the same need not be sent again.
    pub fingerprint_key: Option<Credential>,
    /// What is verified before anything is written.
    pub verify: Verify,
    /// Whether `DRY_RUN` asks for a run that writes nothing.
    pub dry_run: bool,
    /// Whether a run that writes is refused because `DRY_RUN`, which this way in requires, is not set.
    pub(super) is_undecided: bool,
    /// How carefully it is written.
    pub safety: Safety,
    /// The folder for what runs keep on this machine; a relative one starts where paths of plugins' settings do.
    pub state: Option<PathBuf>,
    /// How much of the outside the run uses at once.
    pub limits: Limits,
    /// Whether commands can supply credentials.
    pub commands: bool,
    /// How much is logged.
    pub log_level: Option<LevelFilter>,
    /// How the log is written.
    pub log_format: Option<LogFormat>,
    /// The pipeline run or release that the run belongs to.
    pub link: Option<String>,
    /// The plugins that the settings name.
    pub plugins: Vec<PluginUse>,
    /// What a person should know about the settings.
    pub notes: Vec<Note>,
    /// What the plugins' sections and the keys of the file are read from.
    pub(super) text: SourceText,
    /// The effective tables.
    pub(super) root: Table,
    /// The keys of the file with every default filled in.
    pub(super) keys: SettingsFile,
    pub(super) made_of: MadeOf,
    /// The link to the pipeline run, with the variable it was found in.
    pub(super) detected_link: Option<(String, &'static str)>,
    /// The other environments of the file.
    pub(super) others: Vec<OtherEnvironment>,
}

/// How much of the outside a run uses at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests in flight, except those to stores.
    pub requests: usize,
    /// Requests in flight to stores.
    pub store_requests: usize,
    /// The largest answer that is read, in bytes.
    pub answer_bytes: usize,
    /// How long the failed attempts of a read can take together before it is not repeated.
    pub silence: Duration,
}

/// An environment of the file that is not the run's.
#[derive(Debug, Clone)]
pub(super) struct OtherEnvironment {
    /// Its effective tables.
    pub(super) root: Table,
    /// The plugins that it names.
    pub(super) plugins: Vec<PluginUse>,
}

/// The environment variable, or the member of the JSON object in one, that a line of the settings was made of. Lines are counted from 1;
/// one that is not here holds a default.
pub(super) type MadeOf = BTreeMap<u32, String>;

impl Settings {
    /// The text of the settings file; for environment variables the text of a file that says the same. It holds references to
    /// credentials, never credentials.
    pub fn text(&self) -> &SourceText {
        &self.text
    }

    /// Checks that a run which is not asked to be dry was told that it may write.
    ///
    /// # Errors
    /// `Settings` if the environment variables of the original are used and `DRY_RUN` is not among them.
    pub fn allow_writing(&self) -> Result<()> {
        if self.is_undecided { Err(dry_run::missing()) } else { Ok(()) }
    }

    /// Where relative paths of plugins' settings start: the folder of the settings file, or the current folder.
    pub fn folder(&self) -> PathBuf {
        folder(&self.door)
    }
}

/// A node, and what is done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSettings {
    /// Its name, as `metadata.node` uses it.
    pub name: NodeName,
    /// The folder of its templates, relative to the root of the source.
    pub templates: Option<String>,
    /// Whether it is a proxy node: it fetches and sends by itself, nothing is generated on the master for what it reads.
    pub proxy: bool,
    /// The stores that its secrets are read from, asked in this order; none when its secrets are not read.
    pub secrets: Vec<String>,
    /// Whether its variables are written to its target.
    pub upload_variables: bool,
    /// Whether its secrets are written to its target, where the target keeps secrets.
    pub upload_secrets: bool,
    /// Which secrets are written to single systems, where the target keeps secrets of these.
    pub system_secrets: SystemSecrets,
    /// Which entities stay as they run.
    pub protected: Protection,
    /// Which secrets its entities can use; `None` for all.
    pub allowed_secrets: Option<Protection>,
    /// Whether there is a target to write to. A node without one is only verified.
    pub has_target: bool,
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
