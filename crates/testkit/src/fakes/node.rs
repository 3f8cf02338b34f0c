//! The node behind the target.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployer_core::model::{Entity, Variables};
use deployer_core::traits::Secrets;

use super::Script;

/// The state of a node.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The entities of the configuration.
    pub entities: Vec<Entity>,
    /// The variables.
    pub variables: Variables,
    /// The global secrets.
    pub secrets: Secrets,
    /// The secrets that systems hold of their own, by system.
    pub system_secrets: BTreeMap<String, Secrets>,
    /// Ids of other config groups, with the group's name.
    pub elsewhere: BTreeMap<String, String>,
    /// How many more looks find the pipes deploying.
    pub looks_left: usize,
    /// The ids of entities that the node finds invalid.
    pub invalid: Vec<String>,
    /// The ids of changed pipes whose last run failed.
    pub failed: Vec<String>,
    /// How often somebody wrote.
    pub writes: usize,
    /// How often somebody wrote who is not the deployer.
    pub intrusions: usize,
}

/// The node behind the target. Clones share its state.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) script: Script,
    pub(super) held: Arc<Mutex<Held>>,
}

impl Node {
    pub(super) fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
