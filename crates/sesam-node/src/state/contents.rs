//! Everything that a node contains at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::derived::{Component, Derived};
use super::progress::Progress;
use super::secrets::Secrets;
use super::stored::{Stored, StoredEntity};
use crate::config::kinds::EntityKind;
use crate::switches::Rules;

/// The contents of a node. A clone shares the large parts, so a change works on a clone and replaces the original at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    pub(crate) stored: Arc<Stored>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) derived: Arc<Derived>,
    pub(crate) progress: Progress,
}

impl Contents {
    pub(crate) fn stored_mut(&mut self) -> &mut Stored {
        Arc::make_mut(&mut self.stored)
    }

    pub(crate) fn secrets_mut(&mut self) -> &mut Secrets {
        Arc::make_mut(&mut self.secrets)
    }

    /// An entity of a kind, as posted and as derived.
    pub(crate) fn entity(&self, kind: EntityKind, id: &str) -> Option<(&Arc<StoredEntity>, &Arc<Component>)> {
        let component = self.derived.components.get(id).filter(|component| component.kind == kind)?;
        Some((self.stored.entities.get(id)?, component))
    }

    /// The ids of a kind, sorted.
    pub(crate) fn ids(&self, kind: EntityKind) -> impl Iterator<Item = &str> {
        let components = self.derived.components.iter();
        components.filter(move |(_, component)| component.kind == kind).map(|(id, _)| id.as_str())
    }

    /// The results that these entities would have.
    pub(crate) fn derive(&self, entities: &BTreeMap<String, Arc<StoredEntity>>, rules: &Rules) -> Derived {
        Derived::new(entities, &self.stored.variables, &self.stored.datasets, &rules.switches)
    }

    /// Derives again after a change of variables or datasets.
    pub(crate) fn rederive(&mut self, rules: &Rules) {
        let derived = self.derive(&self.stored.entities, rules);
        let entities = self.stored.entities.clone();
        self.install(entities, derived, rules);
    }

    /// Removes one entity.
    pub(crate) fn remove(&mut self, id: &str, rules: &Rules) {
        let mut entities = self.stored.entities.clone();
        entities.remove(id);
        let derived = self.derive(&entities, rules);
        self.install(entities, derived, rules);
    }

    /// Makes these entities and their results the configuration of the node.
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
        stored.datasets.extend(derived.outputs().cloned());
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
