//! From settings to plugins.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use deployer_core::document::SourceText;
use deployer_core::error::nearest;
use deployer_core::plugin::{Build, Context, Family, Plugin, Section};
use deployer_core::traits::{ConfigSource, NodeTarget, Notifier, SecretStore, StatePlace};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{DeployNode, Deployment};
use toml::Spanned;
use toml::de::DeTable;

use super::merge::value_at;
use super::model::Settings;
use super::parts::PluginUse;
use super::problems::{one_by_one, unusable};
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
    /// The place for state that machines share, if the settings name one.
    pub state: Option<Arc<dyn StatePlace>>,
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
        let mut building =
            Building { settings: self, table, context, root: self.root.get_ref(), problems: Vec::new() };
        let mut source: Option<Arc<dyn ConfigSource>> = None;
        let mut stores: BTreeMap<String, Arc<dyn SecretStore>> = BTreeMap::new();
        let mut targets: BTreeMap<&str, Arc<dyn NodeTarget>> = BTreeMap::new();
        let mut notifiers: Vec<Recipient> = Vec::new();
        let mut state: Option<Arc<dyn StatePlace>> = None;
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
                Build::State(build) => state = building.section(used, build),
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
            return Err(unusable(&self.source, &self.text, problems));
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
            verify: self.verify,
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
}

/// Plugins being built, and what went wrong.
struct Building<'a> {
    settings: &'a Settings,
    table: &'a [&'a Plugin],
    context: &'a Context,
    root: &'a DeTable<'static>,
    problems: Vec<Error>,
}

impl<'a> Building<'a> {
    /// The plugin that a section names.
    fn plugin(&mut self, used: &PluginUse) -> Option<&'a Plugin> {
        let plugin = find(self.table, used.family, &used.kind);
        if plugin.is_none() {
            self.problems.push(self.settings.origins().of_section(absent(used, self.table), used));
        }
        plugin
    }

    /// Builds the plugin of a section.
    fn section<T: ?Sized>(&mut self, used: &PluginUse, build: Builder<T>) -> Option<Arc<T>> {
        let section = section(self.root, used, &self.settings.text)?;
        let context = match used.family {
            Family::Store => &self.context.for_stores(),
            Family::Target => &self.context.for_targets(),
            Family::State => &self.context.for_state(),
            _ => self.context,
        };
        self.kept(build(section, context), used)
    }

    /// The source that reads a folder; `name` stands in errors where the name of a file would.
    fn folder_source(&mut self, name: &str, folder: &Path) -> Option<Arc<dyn ConfigSource>> {
        let text = format!("path = {}\n", toml_text::quoted(&folder.display().to_string()));
        let text = SourceText::new(name, text);
        let place = self.settings.text.place(0);
        let path = vec!["source".to_owned()];
        let used = PluginUse {
            section: "source".to_owned(),
            family: Family::Source,
            kind: "folder".to_owned(),
            place,
            send: None,
            path,
        };
        match self.plugin(&used)?.build {
            Build::Source(build) => {
                let built = Section::parse("source", &text).and_then(|section| build(section, self.context));
                self.kept(built, &used)
            }
            _ => None,
        }
    }

    fn kept<T>(&mut self, built: Result<T>, used: &PluginUse) -> Option<T> {
        let origins = self.settings.origins();
        let respelled = |problem| origins.of_section(problem, used);
        built.map_err(|error| self.problems.extend(one_by_one(error).into_iter().map(respelled))).ok()
    }
}

/// The table of a section without what is the program's and not the plugin's.
pub(super) fn section<'a>(
    root: &DeTable<'static>,
    used: &PluginUse,
    text: &'a SourceText,
) -> Option<Section<'a>> {
    let value = value_at(root, &used.path)?;
    let mut table = value.get_ref().as_table()?.clone();
    table.remove("kind");
    if used.family == Family::Notify {
        table.remove("send");
    }
    Some(Section::new(&used.section, text, Spanned::new(value.span(), table)))
}

/// Why a plugin is not in the table, and what to do about it.
pub(super) fn absent(used: &PluginUse, table: &[&Plugin]) -> Error {
    if let Some(known) = known(used.family, &used.kind) {
        return Error::new(
            Kind::Settings,
            format!("[{}]: `{}` is not in this build", used.section, used.kind),
        )
        .at(used.place.clone())
        .with_hint(how_to_build(known.feature, table));
    }
    let mut kinds: Vec<&str> =
        KNOWN.iter().filter(|known| known.family == used.family).map(|known| known.kind).collect();
    kinds.extend(table.iter().filter(|plugin| plugin.family() == used.family).map(|plugin| plugin.kind));
    kinds.sort_unstable();
    kinds.dedup();
    let listed: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    let message = format!(
        "[{}]: unknown {} kind `{}`; expected {}",
        used.section,
        noun(used.family),
        used.kind,
        listed.join(", ")
    );
    let error = Error::new(Kind::Settings, message).at(used.place.clone());
    match nearest(&used.kind, kinds) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint("`sesam-deployer plugins` lists the plugins of this build"),
    }
}

fn noun(family: Family) -> &'static str {
    match family {
        Family::Source => "source",
        Family::Store => "store",
        Family::Target => "target",
        Family::Notify => "notifier",
        Family::State => "state",
    }
}

#[cfg(test)]
mod tests;
