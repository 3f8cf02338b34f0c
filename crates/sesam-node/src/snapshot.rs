//! The state of a node, for tests.

use serde_json::{Map, Value};

use crate::config::kinds::EntityKind;
use crate::state::contents::Contents;

/// The state of a node at one moment.
#[derive(Debug, Clone)]
pub struct NodeState {
    contents: Contents,
}

impl NodeState {
    pub(crate) fn new(contents: Contents) -> Self {
        Self { contents }
    }

    /// The entities of a config group as posted, sorted by id. The empty name is the default group.
    #[must_use]
    pub fn config(&self, group: &str) -> Vec<Value> {
        let entities = self.contents.stored.entities.values().filter(|entity| entity.group == group);
        entities.map(|entity| entity.body.value()).collect()
    }

    /// The config groups that are not empty, sorted. The empty name is the default group.
    #[must_use]
    pub fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> =
            self.contents.stored.entities.values().map(|entity| entity.group.clone()).collect();
        groups.sort();
        groups.dedup();
        groups
    }

    /// One entity as posted, of any group.
    #[must_use]
    pub fn entity(&self, id: &str) -> Option<Value> {
        self.contents.stored.entities.get(id).map(|entity| entity.body.value())
    }

    /// The effective configuration of an entity.
    #[must_use]
    pub fn effective(&self, id: &str) -> Option<Value> {
        self.contents.derived.components.get(id).map(|component| component.effective.value())
    }

    /// The variables.
    #[must_use]
    pub fn env(&self) -> Map<String, Value> {
        let variables = self.contents.stored.variables.iter();
        variables.map(|(name, value)| (name.clone(), value.value())).collect()
    }

    /// The names of the global secrets, sorted.
    #[must_use]
    pub fn secret_names(&self) -> Vec<String> {
        self.contents.secrets.names(None)
    }

    /// The names of a system's own secrets, sorted.
    #[must_use]
    pub fn system_secret_names(&self, system: &str) -> Vec<String> {
        self.contents.secrets.names(Some(system))
    }

    /// Whether a system with this id is configured.
    #[must_use]
    pub fn has_system(&self, id: &str) -> bool {
        self.contents.entity(EntityKind::System, id).is_some()
    }
}
