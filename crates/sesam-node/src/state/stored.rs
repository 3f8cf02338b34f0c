//! The part of the state that `state.json` keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::history::History;
use super::pump::PumpState;
use crate::config::GROUP_TAG;
use crate::exact::ExactJson;

/// Entities, variables and everything else that survives a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// All entities of all groups; an id exists once on a node.
    pub(crate) entities: BTreeMap<String, Arc<StoredEntity>>,
    pub(crate) variables: BTreeMap<String, ExactJson>,
    /// Datasets that exist, also after their pipe was removed.
    pub(crate) datasets: BTreeSet<String>,
    pub(crate) pumps: BTreeMap<String, PumpState>,
    /// The versions of entities, also of removed ones.
    pub(crate) history: BTreeMap<String, Arc<History>>,
    pub(crate) history_offset: u64,
}

/// One entity with its group and times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredEntity {
    /// The config group; empty is the default group.
    pub(crate) group: String,
    /// The entity as posted.
    pub(crate) body: ExactJson,
    /// The time of the first version, ISO 8601.
    pub(crate) created: Arc<str>,
    /// The time of the current version, ISO 8601.
    pub(crate) modified: Arc<str>,
}

impl StoredEntity {
    /// The entity as posted, with its group as `$config-group` in `metadata`.
    pub(crate) fn tagged_body(&self) -> ExactJson {
        if self.group.is_empty() {
            return self.body.clone();
        }
        let metadata = self.body.members().remove("metadata");
        let tagged = metadata
            .map_or_else(|| ExactJson::parse("{}"), |metadata| ExactJson::parse(metadata.get()))
            .and_then(|metadata| metadata.with_member(GROUP_TAG, &self.group))
            .and_then(|metadata| self.body.with_member("metadata", &metadata));
        // A forced upload may store metadata that is not an object. It cannot have a tag.
        tagged.unwrap_or_else(|_| self.body.clone())
    }
}

impl Stored {
    /// Adds the versions that come with new entities.
    pub(super) fn record_history(&mut self, entities: &BTreeMap<String, Arc<StoredEntity>>) {
        let mut versions = Vec::new();
        for (id, entity) in entities {
            if self.entities.get(id).is_none_or(|old| old.body != entity.body) {
                versions.push((id.clone(), entity.body.clone()));
            }
        }
        for id in self.entities.keys().filter(|id| !entities.contains_key(*id)) {
            // An id is a string, so this is always JSON.
            let Ok(body) = ExactJson::of(&serde_json::json!({"_deleted": true, "_id": id})) else { continue };
            versions.push((id.clone(), body));
        }
        for (id, body) in versions {
            match self.history.get_mut(&id) {
                Some(history) => Arc::make_mut(history).push(body, self.history_offset),
                None => {
                    self.history.insert(id, Arc::new(History::new(body, self.history_offset)));
                }
            }
            self.history_offset += 1;
        }
    }
}
