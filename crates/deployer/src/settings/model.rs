//! The settings of a run, read from a settings file or from environment variables.

use std::path::{Path, PathBuf};

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::error::Note;
use deployer_core::plugin::Family;
use deployer_engine::run::{Configuration, DeployNode, Safety};
use deployer_engine::stages::Routes;

use super::dry_run;
#[cfg(feature = "watch")]
use super::file::DeploymentSection;
use super::file::{SettingsFile, StateValue};
use super::merge::{Table, use_folder};
use super::parts::{Origin, PluginUse, SettingsSource};

/// The settings of a run, for one environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the environment, such as `prod`.
    pub environment: String,
    /// Where the settings come from.
    pub origin: Origin,
    /// How the configuration is laid out, and how it is read.
    pub configuration: Configuration,
    /// The nodes, without their targets: the master first, then the extra nodes in the order of the settings.
    pub nodes: Vec<DeployNode>,
    /// Which store is asked for which secret, where that is not up to the node.
    pub routes: Routes,
    /// Whether `DRY_RUN` asks for a run that writes nothing.
    pub dry_run: bool,
    /// Whether a run that writes is refused because `DRY_RUN`, which this way in requires, is not set.
    pub(super) is_undecided: bool,
    /// How carefully it is written.
    pub safety: Safety,
    /// The pipeline run or release that the run belongs to.
    pub link: Option<String>,
    /// The plugins that the settings name.
    pub plugins: Vec<PluginUse>,
    /// What a person should know about the settings.
    pub notes: Vec<Note>,
    /// The effective tables.
    pub(super) root: Table,
    /// The keys of the file with every default filled in.
    pub(crate) keys: SettingsFile,
    /// The link to the pipeline run, with the variable it was found in.
    pub(super) detected_link: Option<(String, &'static str)>,
    /// The other environments of the file.
    pub(crate) others: Vec<Settings>,
}

impl Settings {
    /// The text of the settings file; for environment variables the text of a file that says the same. It holds references to
    /// credentials, never credentials.
    pub fn text(&self) -> &SourceText {
        &self.origin.text
    }

    /// The folder for what runs keep on this machine, if the settings name one; a relative one starts where paths of plugins' settings
    /// do. A place that machines share is among the plugins.
    pub(crate) fn state_folder(&self) -> Option<&Path> {
        let Some(StateValue::Folder(folder)) = &self.keys.state else { return None };
        Some(folder)
    }

    /// Reads the configuration of every environment from a folder, in place of the source of the settings.
    pub(crate) fn read_from(&mut self, folder: &Path) {
        use_folder(&mut self.root, folder);
        for used in self.plugins.iter_mut().filter(|used| used.family == Family::Source) {
            "folder".clone_into(&mut used.kind);
        }
        self.others.iter_mut().for_each(|other| other.read_from(folder));
    }

    /// Checks that a run which is not asked to be dry was told that it may write.
    ///
    /// # Errors
    /// `Settings` if the environment variables of the original are used and `DRY_RUN` is not among them.
    pub fn allow_writing(&self) -> Result<()> {
        if self.is_undecided { Err(dry_run::undecided("is not set")) } else { Ok(()) }
    }

    /// Whether a node has a target to write to. Without one it is only verified.
    #[cfg(test)]
    pub(super) fn has_target(&self, node: &str) -> bool {
        self.plugins.iter().any(|used| used.path == ["nodes", node, "target"])
    }

    /// Where relative paths of plugins' settings start: the folder of the settings file, or the current folder.
    pub fn folder(&self) -> PathBuf {
        let SettingsSource::File(path) = &self.origin.source else { return ".".into() };
        let parent = path.parent().filter(|folder| *folder != Path::new(""));
        parent.unwrap_or(Path::new(".")).to_owned()
    }
}

#[cfg(feature = "watch")]
impl Settings {
    /// The deployments of a fleet file. Empty for any other settings.
    pub(crate) fn deployments(&self) -> &std::collections::BTreeMap<String, DeploymentSection> {
        &self.keys.watch.deployments
    }

    /// Why a command that deploys one configuration cannot use a fleet file.
    pub(crate) fn not_one(&self) -> Option<deployer_core::Error> {
        let (name, deployment) = self.deployments().first_key_value()?;
        let file = self.folder().join(&deployment.settings);
        let environment = deployment.environment.iter().map(|name| format!(" --environment {name}"));
        let hint = format!(
            "name the settings file of one deployment, such as that of {name}: --settings {}{}",
            file.display(),
            environment.collect::<String>()
        );
        let message = format!("{} lists deployments, and has no nodes", self.text().place(0).file);
        Some(deployer_core::Error::new(deployer_core::Kind::Settings, message).with_hint(hint))
    }
}
