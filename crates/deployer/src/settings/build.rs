//! From settings to plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_core::error::did_you_mean;
use deployer_core::plugin::{Build, Context, Family, Plugin, Section};
use deployer_core::traits::{ConfigSource, NodeTarget, Notifier, SecretStore};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::{DeployNode, Deployment};
use toml::Spanned;

use super::file::are_read;
use super::merge::value_at;
use super::model::Settings;
use super::parts::{PluginUse, list, one_by_one};
use super::send::SendWhen;
use crate::delivery::Recipient;
use crate::plugins::{find, how_to_build, kinds, known};
use crate::state::SharedPlace;

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
        let mut building = Building { settings: self, context, problems: Vec::new() };
        let mut source: Option<Arc<dyn ConfigSource>> = None;
        let mut stores: BTreeMap<String, Arc<dyn SecretStore>> = BTreeMap::new();
        let mut targets: BTreeMap<&str, Arc<dyn NodeTarget>> = BTreeMap::new();
        let mut notifiers: Vec<Recipient> = Vec::new();
        let mut state: Option<SharedPlace> = None;
        for used in &self.plugins {
            let Some(plugin) = find(table, used.family, &used.kind) else {
                building.problems.push(absent(used, table));
                continue;
            };
            let name = used.path.get(1).map_or("", String::as_str);
            match plugin.build {
                Build::Source(build) => source = building.section(used, build),
                _ if !families.contains(&used.family) => {}
                Build::Store(build) if are_read(name, &self.nodes, &self.routes) => {
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
            verify: self.keys.verify,
            safety: self.safety,
            remembered: None,
            test_switches: false,
            redactor: context.redactor.clone(),
        };
        Ok(Built { deployment, notifiers, state })
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
    context: &'a Context,
    problems: Vec<Error>,
}

impl Building<'_> {
    /// Builds the plugin of a section.
    fn section<T: ?Sized>(&mut self, used: &PluginUse, build: Builder<T>) -> Option<Arc<T>> {
        let section = self.settings.section(used)?;
        let context = match used.family {
            Family::Store => &self.context.for_stores(),
            Family::Target => &self.context.for_targets(),
            Family::State => &self.context.for_state(),
            Family::Source | Family::Notify => self.context,
        };
        build(section, context).map_err(|error| self.problems.extend(one_by_one(error))).ok()
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
    let kinds: BTreeSet<&str> = kinds(*family).into_iter().chain(own).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let noun = if *family == Family::Notify { "notifier" } else { family.prefix() };
    let error = error(format!("[{section}]: unknown {noun} kind `{kind}`; expected {}", list(&kinds)));
    let list = || "`sesam-deployer plugins` lists the plugins of this build".to_owned();
    error.with_hint(did_you_mean(kind, kinds).unwrap_or_else(list))
}

#[cfg(test)]
mod tests;
