//! The state of a node, for tests to look at.

use serde_json::{Map, Value};

use crate::config::kinds::EntityKind;
use crate::state::State;

/// The state of a node at one moment.
#[derive(Debug, Clone)]
pub struct NodeState {
    state: State,
}

impl NodeState {
    pub(crate) fn new(state: State) -> Self {
        Self { state }
    }

    /// The entities of a config group as posted, sorted by id; the empty name is the default group.
    #[must_use]
    pub fn config(&self, group: &str) -> Vec<Value> {
        let entities = self.state.stored.entities.values().filter(|entity| entity.group == group);
        entities.map(|entity| entity.body.value().clone()).collect()
    }

    /// The config groups that hold anything, sorted; the empty name is the default group.
    #[must_use]
    pub fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> =
            self.state.stored.entities.values().map(|entity| entity.group.clone()).collect();
        groups.sort();
        groups.dedup();
        groups
    }

    /// One entity as posted, of any group.
    #[must_use]
    pub fn entity(&self, id: &str) -> Option<&Value> {
        self.state.stored.entities.get(id).map(|entity| entity.body.value())
    }

    /// The effective configuration of an entity.
    #[must_use]
    pub fn effective(&self, id: &str) -> Option<&Value> {
        self.state.derived.components.get(id).map(|component| &component.effective)
    }

    /// The variables.
    #[must_use]
    pub fn env(&self) -> Map<String, Value> {
        let variables = self.state.stored.variables.iter();
        variables.map(|(name, value)| (name.clone(), value.value().clone())).collect()
    }

    /// The names of the global secrets, sorted.
    #[must_use]
    pub fn secret_names(&self) -> Vec<String> {
        self.state.secrets.names(None)
    }

    /// The names of a system's own secrets, sorted.
    #[must_use]
    pub fn system_secret_names(&self, system: &str) -> Vec<String> {
        self.state.secrets.names(Some(system))
    }

    /// Whether a system of this id is configured.
    #[must_use]
    pub fn has_system(&self, id: &str) -> bool {
        self.state.entity(EntityKind::System, id).is_some()
    }
}
