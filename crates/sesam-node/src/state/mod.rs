//! What a node remembers.

mod progress;
mod pump;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use progress::Progress;
pub(crate) use pump::{OPERATIONS, PumpState};
pub(crate) use secrets::Secrets;

use crate::config::GROUP_TAG;
use crate::config::derived::{Component, Derived};
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::switches::Switches;

/// How many versions of an entity its history keeps.
const HISTORY_LENGTH: usize = 20;

/// The whole state. Its large parts are shared, so that a change works on a copy and takes effect as one.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) stored: Arc<Stored>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) derived: Arc<Derived>,
    pub(crate) progress: Progress,
}

/// The part that is kept in `state.json`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// All entities of all groups; an id exists once on a node.
    pub(crate) entities: BTreeMap<String, Arc<StoredEntity>>,
    pub(crate) variables: BTreeMap<String, ExactJson>,
    /// Datasets that exist, also after the pipe that wrote them is gone.
    pub(crate) datasets: BTreeSet<String>,
    pub(crate) pumps: BTreeMap<String, PumpState>,
    /// Former and present versions of entities, oldest first.
    pub(crate) history: BTreeMap<String, Vec<ExactJson>>,
    pub(crate) history_offset: u64,
}

/// One entity with where and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredEntity {
    /// The config group; empty is the default group.
    pub(crate) group: String,
    /// The entity as posted.
    pub(crate) body: ExactJson,
    /// Times of the first and the present version, ISO 8601.
    pub(crate) created: String,
    pub(crate) modified: String,
}

impl StoredEntity {
    /// The entity as posted, with its group written into its metadata.
    pub(crate) fn tagged_body(&self) -> ExactJson {
        if self.group.is_empty() {
            return self.body.clone();
        }
        let metadata = self.body.members().remove("metadata");
        let tagged = metadata
            .map_or_else(|| ExactJson::parse("{}"), |metadata| ExactJson::parse(metadata.get()))
            .and_then(|metadata| metadata.with_member(GROUP_TAG, &self.group))
            .and_then(|metadata| self.body.with_member("metadata", &metadata));
        // Metadata that is no object, stored by force, cannot carry a tag.
        tagged.unwrap_or_else(|_| self.body.clone())
    }
}

/// The settings of a node that a change of state depends on.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) switches: Switches,
    pub(crate) deploying_polls: u32,
}

impl State {
    pub(crate) fn stored_mut(&mut self) -> &mut Stored {
        Arc::make_mut(&mut self.stored)
    }

    pub(crate) fn secrets_mut(&mut self) -> &mut Secrets {
        Arc::make_mut(&mut self.secrets)
    }

    /// An entity of a kind, with what the node made of it.
    pub(crate) fn entity(&self, kind: EntityKind, id: &str) -> Option<(&Arc<StoredEntity>, &Arc<Component>)> {
        let component = self.derived.components.get(id).filter(|component| component.kind == kind)?;
        Some((self.stored.entities.get(id)?, component))
    }

    /// The ids of a kind, sorted.
    pub(crate) fn ids(&self, kind: EntityKind) -> impl Iterator<Item = &str> {
        let components = self.derived.components.iter();
        components.filter(move |(_, component)| component.kind == kind).map(|(id, _)| id.as_str())
    }

    /// What would follow from these entities.
    pub(crate) fn derive(&self, entities: &BTreeMap<String, Arc<StoredEntity>>, rules: &Rules) -> Derived {
        Derived::new(entities, &self.stored.variables, &self.stored.datasets, &rules.switches)
    }

    /// Derives again after a change of variables or datasets.
    pub(crate) fn rederive(&mut self, rules: &Rules) {
        let derived = self.derive(&self.stored.entities, rules);
        let entities = self.stored.entities.clone();
        self.install(entities, derived, rules);
    }

    /// Makes these entities, and what follows from them, the configuration of the node.
    pub(crate) fn install(
        &mut self,
        entities: BTreeMap<String, Arc<StoredEntity>>,
        derived: Derived,
        rules: &Rules,
    ) {
        let before = std::mem::replace(&mut self.derived, Arc::new(derived));
        let derived = Arc::clone(&self.derived);
        let old_entities = Arc::clone(&self.stored);
        let stored = self.stored_mut();
        stored.record_history(&entities);
        stored.datasets.extend(derived.sink_datasets().map(str::to_owned));
        stored.pumps.retain(|id, _| is_kind(&derived, id, EntityKind::Pipe));
        stored.entities = entities;
        if self.secrets.systems().any(|id| !is_kind(&derived, id, EntityKind::System)) {
            self.secrets_mut().retain_systems(|id| is_kind(&derived, id, EntityKind::System));
        }
        for (id, component) in derived.components.iter().filter(|(_, new)| new.kind == EntityKind::Pipe) {
            let is_unchanged =
                before.components.get(id).is_some_and(|old| old.effective == component.effective);
            if !is_unchanged {
                self.progress.deploy(id, rules.deploying_polls);
            }
        }
        for (id, component) in before.components.iter().filter(|(_, old)| old.kind == EntityKind::Pipe) {
            if !is_kind(&derived, id, EntityKind::Pipe)
                && let Some(entity) = old_entities.entities.get(id)
            {
                self.progress.remove(id, entity, component, rules.deploying_polls);
            }
        }
    }
}

fn is_kind(derived: &Derived, id: &str, kind: EntityKind) -> bool {
    derived.components.get(id).is_some_and(|component| component.kind == kind)
}

impl Stored {
    fn record_history(&mut self, entities: &BTreeMap<String, Arc<StoredEntity>>) {
        let mut versions = Vec::new();
        for (id, entity) in entities {
            if self.entities.get(id).is_none_or(|old| old.body != entity.body) {
                versions.push((id.clone(), entity.body.clone()));
            }
        }
        for id in self.entities.keys().filter(|id| !entities.contains_key(*id)) {
            versions.push((id.clone(), json!({"_deleted": true, "_id": id}).into()));
        }
        for (id, version) in versions {
            // A body is an object, and a number is JSON: neither can fail.
            let Ok(version) = version.with_member("_updated", &self.history_offset) else { continue };
            self.history_offset += 1;
            let history = self.history.entry(id).or_default();
            history.push(version);
            let surplus = history.len().saturating_sub(HISTORY_LENGTH);
            history.drain(..surplus);
        }
    }
}
