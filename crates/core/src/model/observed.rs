//! What runs, and what should run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entity, Fingerprint, SecretName, Variables};
use crate::error::Note;
use crate::setters::setters;

/// Names of secrets by the id of the system that they belong to.
pub type SystemSecretNames = BTreeMap<String, BTreeSet<SecretName>>;

/// The present state of a target.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Observed {
    /// A digest of all that is below, or the target's own name for its state (a commit).
    pub base: Fingerprint,
    /// The entities, of the config group that the target is for.
    pub entities: Vec<Entity>,
    /// The variables; none when the target keeps no variables yet or at all.
    pub variables: Option<Variables>,
    /// The names of the global secrets; none when the target keeps no secrets.
    pub secrets: Option<BTreeSet<SecretName>>,
    /// The names of the secrets that systems hold of their own, by the system's id: of those that were asked about with
    /// [`crate::traits::NodeTarget::system_secrets`].
    pub system_secrets: SystemSecretNames,
    /// Ids that exist in other config groups of the same node, with the group's name.
    pub elsewhere: BTreeMap<String, String>,
    /// Files that the target would remove or move although no entity tells: wrongly named or foreign files in its node folder.
    pub stray: Vec<String>,
    /// What a person should know about the target, such as a token that is about to expire.
    pub notes: Vec<Note>,
}

impl Observed {
    /// A state of entities alone. The other members are empty or `None`; a target sets those that it has.
    pub fn new(base: Fingerprint, entities: Vec<Entity>) -> Self {
        Self {
            base,
            entities,
            variables: None,
            secrets: None,
            system_secrets: SystemSecretNames::new(),
            elsewhere: BTreeMap::new(),
            stray: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// What a node should hold after the run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Desired {
    /// The entities, generated ones included, in the order of the whitelist.
    pub entities: Vec<Entity>,
    /// The whole set of variables; none when variables are left alone.
    pub variables: Option<Variables>,
    /// The global secrets to send; none when secrets are left alone.
    pub secrets: Option<BTreeSet<SecretName>>,
    /// The secrets to send to single systems.
    pub system_secrets: SystemSecretNames,
}

setters!(Desired {
    with_entities entities: Vec<Entity>,
    with_variables variables: Option<Variables>,
    with_secrets secrets: Option<BTreeSet<SecretName>>,
    with_system_secrets system_secrets: SystemSecretNames,
});
