//! The settings of a run, read from a settings file or from environment variables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::error::Note;
use deployer_core::plugin::Credential;
use deployer_engine::run::{Configuration, DeployNode, Safety, Verify};
use deployer_engine::stages::Routes;

use super::dry_run;
use super::file::SettingsFile;
use super::merge::Table;
use super::parts::{PluginUse, SettingsSource};

/// The settings of a run, for one environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the environment, such as `prod`.
    pub environment: String,
    /// Where the settings came from.
    pub source: SettingsSource,
    /// How the configuration is laid out, and how it is read.
    pub configuration: Configuration,
    /// The nodes, without their targets: the master first, then the extra nodes in the order of the settings.
    pub nodes: Vec<DeployNode>,
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
    /// The folder for what runs keep on this machine, if the settings name one; a relative one starts where paths of plugins' settings
    /// do. A place that machines share is among the plugins.
    pub state: Option<PathBuf>,
    /// The folder that `--source` reads the configuration from, instead of the source of the settings. Absolute.
    pub source_folder: Option<PathBuf>,
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
    pub(crate) keys: SettingsFile,
    pub(super) made_of: MadeOf,
    /// The link to the pipeline run, with the variable it was found in.
    pub(super) detected_link: Option<(String, &'static str)>,
    /// The other environments of the file.
    pub(super) others: Vec<Settings>,
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

    /// The settings of the other environments of the file.
    pub(crate) fn others(&self) -> &[Settings] {
        &self.others
    }

    /// Checks that a run which is not asked to be dry was told that it may write.
    ///
    /// # Errors
    /// `Settings` if the environment variables of the original are used and `DRY_RUN` is not among them.
    pub fn allow_writing(&self) -> Result<()> {
        if self.is_undecided { Err(dry_run::missing()) } else { Ok(()) }
    }

    /// Whether a node has a target to write to. Without one it is only verified.
    #[cfg(test)]
    pub(super) fn has_target(&self, node: &str) -> bool {
        self.plugins.iter().any(|used| used.path == ["nodes", node, "target"])
    }

    /// Where relative paths of plugins' settings start: the folder of the settings file, or the current folder.
    pub fn folder(&self) -> PathBuf {
        self.source.folder()
    }
}
