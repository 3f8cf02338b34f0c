//! The plan: what will change where.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::{Crossing, Desired, Entity, EntityKind, Fingerprint, NodeName, Observed, Revision, SecretName};
use crate::error::{Note, Place};
use crate::setters::setters;

/// What will change on every node of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The name of the environment, such as `prod`.
    pub environment: String,
    /// What the configuration was read from.
    pub revision: Option<Revision>,
    /// The nodes, the master first, extra nodes in the order of the settings.
    pub nodes: Vec<NodePlan>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// What will change on one node.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodePlan {
    /// The node.
    pub node: NodeName,
    /// The name of the environment, for targets that name files after it.
    pub environment: String,
    /// What the configuration was read from.
    pub revision: Option<Revision>,
    /// Where it is deployed to, free of credentials.
    pub target: String,
    /// What was observed when the plan was made.
    pub base: Fingerprint,
    /// What the node should hold.
    pub desired: Desired,
    /// Entities that differ: removed, changed, added, each by id.
    pub entities: Vec<EntityChange>,
    /// Variables that differ, by name.
    pub variables: Vec<VariableChange>,
    /// Secrets, by name. Values are never part of a plan.
    pub secrets: Vec<SecretChange>,
    /// Secrets of single systems, by system and name. Values are never part of a plan.
    pub system_secrets: Vec<SystemSecretChange>,
    /// The secrets that removed systems hold of their own, by system: they are gone with the system, and nothing brings them back.
    pub lost_secrets: Vec<LostSecrets>,
    /// Entities that stay as they run although the configuration says otherwise.
    pub protected: Vec<ProtectedEntity>,
    /// Files that the target removes or moves besides.
    pub stray: Vec<String>,
    /// How many entities the node held when it was observed.
    pub observed_entities: usize,
    /// How many pipes the node held when it was observed.
    pub observed_pipes: usize,
}

/// What happens to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is on the node and no longer in the configuration.
    Remove,
    /// It is in both and differs.
    Change,
    /// It is new.
    Add,
}

impl Action {
    /// The sign before the name: `-`, `~`, `+`.
    pub fn sign(self) -> char {
        match self {
            Action::Remove => '-',
            Action::Change => '~',
            Action::Add => '+',
        }
    }
}

/// An entity that differs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EntityChange {
    /// Its `_id`.
    pub id: String,
    /// What it is.
    pub kind: EntityKind,
    /// What happens to it.
    pub action: Action,
    /// Where the new form comes from; none for a removed one.
    pub origin: Option<Place>,
    /// For a replica, the pipe that it was generated for, and why.
    pub crossing: Option<Arc<Crossing>>,
    /// For an entity of a connector, the datatype that it was expanded for.
    pub datatype: Option<Arc<str>>,
    /// How it is now, in the portal's formatting.
    pub before: Option<String>,
    /// How it will be, in the portal's formatting.
    pub after: Option<String>,
}

/// A variable that differs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VariableChange {
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub action: Action,
    /// Its value now, as JSON.
    pub before: Option<String>,
    /// Its value to be, as JSON.
    pub after: Option<String>,
}

/// A secret of a node.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SecretChange {
    /// Its name.
    pub name: SecretName,
    /// What happens to it.
    pub state: SecretState,
}

/// A secret of a single system.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SystemSecretChange {
    /// The id of the system.
    pub system: String,
    /// The name of the secret.
    pub name: SecretName,
    /// What happens to it.
    pub state: SecretState,
}

/// The secrets that are lost with a system.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LostSecrets {
    /// The id of the system that is removed.
    pub system: String,
    /// The names of the secrets that it holds of its own.
    pub secrets: BTreeSet<SecretName>,
}

/// An entity that is protected, so that it stays on the node as it runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ProtectedEntity {
    /// Its `_id`.
    pub id: String,
    /// What it is.
    pub kind: EntityKind,
    /// What would have happened to it: it would have been removed or changed.
    pub kept_from: Action,
    /// Where the configuration says otherwise; none where it does not have the entity.
    pub origin: Option<Place>,
}

/// What happens to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretState {
    /// The node has none of this name.
    New,
    /// The node has one of this name; a node never tells a value, so it is sent again.
    SentAgain,
    /// The node has one of this name with another value, as the fingerprint of what was sent last tells.
    Changed,
    /// The node has it with this value, as the fingerprint of what was sent last tells; it is not sent.
    Unchanged,
    /// The node has one that the configuration does not name; it stays.
    LeftOnNode,
}

/// How many things change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Added.
    pub added: usize,
    /// Changed.
    pub changed: usize,
    /// Removed.
    pub removed: usize,
}

impl Counts {
    /// Counts actions.
    pub fn of(actions: impl IntoIterator<Item = Action>) -> Self {
        let mut counts = Self::default();
        for action in actions {
            match action {
                Action::Add => counts.added += 1,
                Action::Change => counts.changed += 1,
                Action::Remove => counts.removed += 1,
            }
        }
        counts
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to add, {} to change, {} to remove", self.added, self.changed, self.removed)
    }
}

impl EntityChange {
    /// A change of an entity without texts.
    pub fn new(id: String, kind: EntityKind, action: Action) -> Self {
        Self { id, kind, action, origin: None, crossing: None, datatype: None, before: None, after: None }
    }
}

setters!(EntityChange {
    with_origin origin: Option<Place>,
    with_crossing crossing: Option<Arc<Crossing>>,
    with_datatype datatype: Option<Arc<str>>,
    with_before before: Option<String>,
    with_after after: Option<String>,
});

impl VariableChange {
    /// A change of a variable, with its values as JSON.
    pub fn new(name: String, action: Action, before: Option<String>, after: Option<String>) -> Self {
        Self { name, action, before, after }
    }
}

impl SecretChange {
    /// A secret and its state.
    pub fn new(name: SecretName, state: SecretState) -> Self {
        Self { name, state }
    }
}

impl SystemSecretChange {
    /// A secret of a system and its state.
    pub fn new(system: String, name: SecretName, state: SecretState) -> Self {
        Self { system, name, state }
    }
}

impl LostSecrets {
    /// The secrets of a system that is removed.
    pub fn new(system: String, secrets: BTreeSet<SecretName>) -> Self {
        Self { system, secrets }
    }
}

impl ProtectedEntity {
    /// An entity that is kept from an action.
    pub fn new(id: String, kind: EntityKind, kept_from: Action, origin: Option<Place>) -> Self {
        Self { id, kind, kept_from, origin }
    }
}

setters!(NodePlan {
    with_desired desired: Desired,
    with_entities entities: Vec<EntityChange>,
    with_variables variables: Vec<VariableChange>,
    with_secrets secrets: Vec<SecretChange>,
    with_system_secrets system_secrets: Vec<SystemSecretChange>,
    with_lost_secrets lost_secrets: Vec<LostSecrets>,
    with_protected protected: Vec<ProtectedEntity>,
});

impl NodePlan {
    /// A plan without changes, for the state that was observed.
    pub fn new(
        node: NodeName,
        environment: String,
        revision: Option<Revision>,
        target: String,
        observed: &Observed,
        desired: Desired,
    ) -> Self {
        let is_pipe = |entity: &&Entity| entity.kind() == EntityKind::Pipe;
        Self {
            node,
            environment,
            revision,
            target,
            base: observed.base.clone(),
            desired,
            entities: Vec::new(),
            variables: Vec::new(),
            secrets: Vec::new(),
            system_secrets: Vec::new(),
            lost_secrets: Vec::new(),
            protected: Vec::new(),
            stray: observed.stray.clone(),
            observed_entities: observed.entities.len(),
            observed_pipes: observed.entities.iter().filter(is_pipe).count(),
        }
    }

    /// Whether the node already holds what it should; secrets that are sent again are no change.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
            && self.variables.is_empty()
            && self.stray.is_empty()
            && [SecretState::New, SecretState::Changed].iter().all(|state| self.count_secrets(*state) == 0)
    }

    /// What changes, each in a few words: `pipe orders`, `variable host`, `secret key`, `file old.json`.
    pub fn differences(&self) -> Vec<String> {
        let entities = self.entities.iter().map(|change| format!("{} {}", change.kind.noun(), change.id));
        let variables = self.variables.iter().map(|change| format!("variable {}", change.name));
        let secrets = self.secrets_in(SecretState::New).map(|name| format!("secret {name}"));
        let stray = self.stray.iter().map(|file| format!("file {file}"));
        entities.chain(variables).chain(secrets).chain(stray).collect()
    }

    /// How many entities change.
    pub fn entity_counts(&self) -> Counts {
        Counts::of(self.entities.iter().map(|change| change.action))
    }

    /// How many variables change.
    pub fn variable_counts(&self) -> Counts {
        Counts::of(self.variables.iter().map(|change| change.action))
    }

    /// How many secrets are in a state, those of single systems among them.
    pub fn count_secrets(&self, state: SecretState) -> usize {
        let of_systems = self.system_secrets.iter().filter(|secret| secret.state == state);
        self.secrets_in(state).count() + of_systems.count()
    }

    /// Marks each secret that the node already has as changed or unchanged, if that is known.
    pub fn compare_secrets(&mut self, known: &BTreeMap<SecretName, SecretState>) {
        for secret in self.secrets.iter_mut().filter(|secret| secret.state == SecretState::SentAgain) {
            secret.state = known.get(&secret.name).copied().unwrap_or(SecretState::SentAgain);
        }
    }

    /// The secrets to send: those that are desired, but those that are known to be the same.
    pub fn secrets_to_send(&self) -> BTreeSet<SecretName> {
        let unchanged: BTreeSet<&SecretName> = self.secrets_in(SecretState::Unchanged).collect();
        let desired = self.desired.secrets.iter().flatten();
        desired.filter(|name| !unchanged.contains(name)).cloned().collect()
    }

    /// The names of the global secrets in a state.
    pub fn secrets_in(&self, state: SecretState) -> impl Iterator<Item = &SecretName> {
        self.secrets.iter().filter(move |secret| secret.state == state).map(|secret| &secret.name)
    }
}

impl Plan {
    /// Whether no node changes.
    pub fn is_empty(&self) -> bool {
        self.nodes.iter().all(NodePlan::is_empty)
    }
}
