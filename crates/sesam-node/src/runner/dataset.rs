//! The entities of a dataset, or those that a pipe outputs.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::exact::ExactJson;

/// Entities by `_id`, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dataset {
    entities: Vec<Stored>,
    by_id: BTreeMap<String, usize>,
    last: u64,
}

#[derive(Debug, Clone)]
struct Stored {
    /// The members of the entity, without those that the node adds.
    members: BTreeMap<String, Box<RawValue>>,
    hash: String,
    updated: u64,
    previous: Option<u64>,
    is_deleted: bool,
}

impl Dataset {
    /// Replaces what the dataset has: an entity that is not among these becomes deleted. Returns how many entities changed.
    pub(crate) fn replace(&mut self, entities: &[ExactJson]) -> usize {
        let mut changed = 0;
        let mut seen = std::collections::BTreeSet::new();
        for entity in entities {
            let mut members = entity.members();
            let Some(id) = members.get("_id").and_then(|id| serde_json::from_str::<String>(id.get()).ok())
            else {
                continue;
            };
            let is_deleted = members.get("_deleted").is_some_and(|it| it.get() == "true");
            members.retain(|name, _| !name.starts_with('_') || name == "_id");
            seen.insert(id.clone());
            changed += usize::from(self.put(id, members, is_deleted));
        }
        let gone: Vec<String> = self.by_id.keys().filter(|id| !seen.contains(*id)).cloned().collect();
        for id in gone {
            let members = self.entities[self.by_id[&id]].members.clone();
            changed += usize::from(self.put(id, members, true));
        }
        changed
    }

    fn put(&mut self, id: String, members: BTreeMap<String, Box<RawValue>>, is_deleted: bool) -> bool {
        let hash = hash(&members, is_deleted);
        let before = self.by_id.get(&id).map(|at| &self.entities[*at]);
        if before.is_some_and(|before| before.hash == hash) {
            return false;
        }
        let stored =
            Stored { members, hash, updated: self.last, previous: before.map(|it| it.updated), is_deleted };
        self.last += 1;
        match self.by_id.get(&id) {
            Some(at) => self.entities[*at] = stored,
            None => {
                self.by_id.insert(id, self.entities.len());
                self.entities.push(stored);
            }
        }
        true
    }

    /// All entities with the members that a node adds, latest change last.
    pub(crate) fn shown(&self) -> Vec<ExactJson> {
        let mut entities: Vec<&Stored> = self.entities.iter().collect();
        entities.sort_by_key(|entity| entity.updated);
        entities.into_iter().filter_map(Stored::shown).collect()
    }

    /// How many entities exist, and how many are deleted.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let deleted = self.entities.iter().filter(|entity| entity.is_deleted).count();
        (self.entities.len() - deleted, deleted)
    }
}

impl Stored {
    fn shown(&self) -> Option<ExactJson> {
        let mut members = self.members.clone();
        let mut add = |name: &str, value: String| {
            members.insert(name.to_owned(), RawValue::from_string(value).ok()?);
            Some(())
        };
        add("_updated", self.updated.to_string())?;
        // A time that depends on the clock would differ with each run.
        add("_ts", (1_700_000_000_000_000 + self.updated).to_string())?;
        add("_previous", self.previous.map_or_else(|| "null".to_owned(), |it| it.to_string()))?;
        add("_hash", format!("{:?}", self.hash))?;
        add("_deleted", self.is_deleted.to_string())?;
        ExactJson::of(&members).ok()
    }
}

fn hash(members: &BTreeMap<String, Box<RawValue>>, is_deleted: bool) -> String {
    let mut digest = Sha256::new();
    for (name, value) in members {
        digest.update(name);
        digest.update([0]);
        digest.update(value.get());
        digest.update([0]);
    }
    digest.update([u8::from(is_deleted)]);
    hex(&digest.finalize()[..16])
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vanishes_is_deleted_and_what_stays_keeps_its_place() {
        let entities = |text: &str| ExactJson::parse_elements(text.as_bytes()).unwrap();
        let mut dataset = Dataset::default();
        assert_eq!(dataset.replace(&entities(r#"[{"_id":"a","n":10.0},{"_id":"b"},{"x":1}]"#)), 2);
        assert_eq!(dataset.replace(&entities(r#"[{"_id":"a","n":10.0},{"_id":"b"}]"#)), 0);
        assert_eq!(dataset.replace(&entities(r#"[{"_id":"a","n":11}]"#)), 2);
        assert_eq!(dataset.counts(), (1, 1));
        let shown: Vec<serde_json::Value> = dataset.shown().iter().map(ExactJson::value).collect();
        assert_eq!(
            (&shown[0]["_id"], &shown[0]["n"], &shown[0]["_previous"]),
            (&"a".into(), &11.into(), &0.into())
        );
        assert_eq!(
            (&shown[1]["_id"], &shown[1]["_deleted"], &shown[1]["_updated"]),
            (&"b".into(), &true.into(), &3.into())
        );
    }
}
