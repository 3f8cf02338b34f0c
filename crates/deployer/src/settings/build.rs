//! From settings to plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::error::nearest;
use deployer_core::plugin::{Build, Context, Family, Plugin, Section};
use deployer_core::traits::{ConfigSource, LeasePlace, NodeTarget, Notifier, SecretStore, StatePlace};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{DeployNode, Deployment};
use toml::Spanned;

use super::merge::value_at;
use super::model::Settings;
use super::parts::{PluginUse, one_by_one};
use super::send::{Recipient, SendWhen};
use super::toml_text;
use crate::plugins::{KNOWN, find, how_to_build, known};

/// What a run is made of.
#[derive(Debug)]
pub struct Built {
    /// Source, stores and nodes.
    pub deployment: Deployment,
    /// Who is told.
    pub notifiers: Vec<Recipient>,
    /// The place that machines share, if the settings name one.
    pub state: Option<SharedPlace>,
}

/// A place that machines share.
#[derive(Debug, Clone)]
pub enum SharedPlace {
    /// It has all state.
    State(Arc<dyn StatePlace>),
    /// It has the leases. All other state is in the folder that an option or a variable names.
    Leases(Arc<dyn LeasePlace>),
}

impl SharedPlace {
    /// Where the leases are, and the record of the replicas that share deployments.
    pub fn leases(&self) -> Arc<dyn LeasePlace> {
        match self {
            Self::State(place) => Arc::<dyn StatePlace>::clone(place),
            Self::Leases(place) => Arc::clone(place),
        }
    }
}

/// How a plugin of a family is built.
type Builder<T> = fn(Section<'_>, &Context) -> Result<Arc<T>>;

impl Settings {
    /// Builds the plugins of some families; of the stores only those that a node reads. Opens no connection. Without the stores no
    /// credential of theirs is looked for, and without the targets no node of the result has one. The source is always built.
    ///
    /// # Errors
    /// `Settings`, with a related error for every problem: a plugin of any family that does not exist or is not in this build, a
    /// section that its plugin refuses, a credential that is not found.
    pub fn build(&self, table: &[&Plugin], context: &Context, families: &[Family]) -> Result<Built> {
        let mut building = Building { settings: self, table, context, problems: Vec::new() };
        let mut source: Option<Arc<dyn ConfigSource>> = None;
        let mut stores: BTreeMap<String, Arc<dyn SecretStore>> = BTreeMap::new();
        let mut targets: BTreeMap<&str, Arc<dyn NodeTarget>> = BTreeMap::new();
        let mut notifiers: Vec<Recipient> = Vec::new();
        let mut state: Option<SharedPlace> = None;
        for used in &self.plugins {
            let Some(plugin) = building.plugin(used) else { continue };
            let name = used.path.get(1).map_or("", String::as_str);
            match plugin.build {
                Build::Source(_) if self.source_folder.is_some() => {}
                Build::Source(build) => source = building.section(used, build),
                _ if !families.contains(&used.family) => {}
                Build::Store(build) if self.reads(name) => {
                    stores.extend(building.section(used, build).map(|store| (name.to_owned(), store)));
                }
                Build::Store(_) => {}
                Build::Target(build) => {
                    targets.extend(building.section(used, build).map(|target| (name, target)))
                }
                Build::Notifier(build) => {
                    let send = used.send.unwrap_or(SendWhen::Changes);
                    let built: Option<Arc<dyn Notifier>> = building.section(used, build);
                    notifiers.extend(built.map(|notifier| Recipient { notifier, send }));
                }
                Build::State(build) => state = building.section(used, build).map(SharedPlace::State),
                Build::Leases(build) => state = building.section(used, build).map(SharedPlace::Leases),
            }
        }
        let names_source = self.plugins.iter().any(|used| used.family == Family::Source);
        match &self.source_folder {
            Some(folder) => source = building.folder_source("--source", folder),
            // The default source is the folder of the settings.
            None if !names_source => source = building.folder_source("the default source", Path::new(".")),
            None => {}
        }
        let problems = building.problems;
        if !problems.is_empty() && context.cancel.is_cancelled() {
            return Err(Error::new(Kind::Interrupted, "interrupted before anything was read or written"));
        }
        let Some(source) = source.filter(|_| problems.is_empty()) else {
            return Err(self.origin.unusable(problems));
        };
        let nodes = self
            .nodes
            .iter()
            .map(|node| DeployNode { target: targets.get(node.name.as_str()).cloned(), ..node.clone() });
        let deployment = Deployment {
            environment: self.environment.clone(),
            source,
            configuration: self.configuration.clone(),
            stores,
            routes: self.routes.clone(),
            nodes: nodes.collect(),
            verify: self.keys.verify.read(),
            safety: self.safety,
            remembered: None,
            test_switches: false,
            redactor: context.redactor.clone(),
        };
        Ok(Built { deployment, notifiers, state })
    }

    /// Whether secrets are read from a store.
    fn reads(&self, store: &str) -> bool {
        let by_nodes = || self.nodes.iter().flat_map(|node| &node.stores).any(|name| name == store);
        by_nodes() || self.routes.stores().any(|name| name == store)
    }

    /// The table of a section without what is the program's and not the plugin's.
    pub(super) fn section(&self, used: &PluginUse) -> Option<Section<'_>> {
        let value = value_at(self.root.get_ref(), &used.path)?;
        let mut table = value.get_ref().as_table()?.clone();
        table.remove("kind");
        if used.family == Family::Notify {
            table.remove("send");
        }
        Some(Section::new(&used.section, self.text(), Spanned::new(value.span(), table)))
    }
}

/// Plugins being built, and what went wrong.
struct Building<'a> {
    settings: &'a Settings,
    table: &'a [&'a Plugin],
    context: &'a Context,
    problems: Vec<Error>,
}

impl<'a> Building<'a> {
    /// The plugin that a section names.
    fn plugin(&mut self, used: &PluginUse) -> Option<&'a Plugin> {
        let plugin = find(self.table, used.family, &used.kind);
        if plugin.is_none() {
            self.problems.push(absent(used, self.table));
        }
        plugin
    }

    /// Builds the plugin of a section.
    fn section<T: ?Sized>(&mut self, used: &PluginUse, build: Builder<T>) -> Option<Arc<T>> {
        let section = self.settings.section(used)?;
        let context = match used.family {
            Family::Store => &self.context.for_stores(),
            Family::Target => &self.context.for_targets(),
            Family::State => &self.context.for_state(),
            _ => self.context,
        };
        self.kept(build(section, context))
    }

    /// The source that reads a folder; `name` stands in errors where the name of a file would.
    fn folder_source(&mut self, name: &str, folder: &Path) -> Option<Arc<dyn ConfigSource>> {
        let text = format!("path = {}\n", toml_text::quoted(&folder.display().to_string()));
        let text = SourceText::new(name, text);
        let used = PluginUse {
            section: "source".to_owned(),
            family: Family::Source,
            kind: "folder".to_owned(),
            place: self.settings.text().place(0),
            send: None,
            path: vec!["source".to_owned()],
        };
        let Build::Source(build) = self.plugin(&used)?.build else { return None };
        let built = Section::parse("source", &text).and_then(|section| build(section, self.context));
        self.kept(built)
    }

    fn kept<T>(&mut self, built: Result<T>) -> Option<T> {
        built.map_err(|error| self.problems.extend(one_by_one(error))).ok()
    }
}

/// Why a plugin is not in the table, and what to do about it.
pub(super) fn absent(used: &PluginUse, table: &[&Plugin]) -> Error {
    let PluginUse { section, family, kind, place, .. } = used;
    let error = |message: String| Error::new(Kind::Settings, message).at(place.clone());
    if let Some(known) = known(*family, kind) {
        return error(format!("[{section}]: `{kind}` is not in this build"))
            .with_hint(how_to_build(known.feature, table));
    }
    let own = table.iter().filter(|plugin| plugin.family() == *family).map(|plugin| plugin.kind);
    let known = KNOWN.iter().filter(|known| known.family == *family).map(|known| known.kind);
    let kinds: BTreeSet<&str> = known.chain(own).collect();
    let listed: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    let noun = if *family == Family::Notify { "notifier" } else { family.prefix() };
    let listed = listed.join(", ");
    let error = error(format!("[{section}]: unknown {noun} kind `{kind}`; expected {listed}"));
    match nearest(kind, kinds) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint("`sesam-deployer plugins` lists the plugins of this build"),
    }
}

#[cfg(test)]
mod tests;
