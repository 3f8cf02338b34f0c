//! A place for state in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome, StatePlace, StoredObject};

use super::Script;

/// The objects of a place, and the number of its writes.
#[derive(Debug, Default)]
struct Objects {
    stored: BTreeMap<String, StoredObject>,
    writes: usize,
}

/// A place whose objects are in a map. Clones share it.
///
/// Calls in the journal: `state get <name>`, `state put <name>`, `state list <prefix>`, `state delete <name>`.
#[derive(Debug, Clone, Default)]
pub struct MemoryPlace {
    objects: Arc<Mutex<Objects>>,
    script: Script,
}

impl MemoryPlace {
    /// A place without objects.
    pub fn new(script: &Script) -> Self {
        Self { objects: Arc::default(), script: script.clone() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Objects) -> T) -> T {
        work(&mut self.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Objects {
    fn put(&mut self, name: &str, content: Vec<u8>, condition: &PutCondition) -> PutOutcome {
        let is_met = match (condition, self.stored.get(name)) {
            (PutCondition::Absent, current) => current.is_none(),
            (PutCondition::Unchanged(version), current) => {
                current.is_some_and(|current| current.version == *version)
            }
        };
        if !is_met {
            return PutOutcome::ConditionFailed;
        }
        self.writes += 1;
        let version = ObjectVersion(self.writes.to_string());
        self.stored.insert(name.to_owned(), StoredObject { content, version: version.clone() });
        PutOutcome::Stored(version)
    }
}

#[async_trait]
impl LeasePlace for MemoryPlace {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        let read = || Ok(self.with(|objects| objects.stored.get(name).cloned()));
        self.script.perform(format!("state get {name}"), read).await
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        let write = || Ok(self.with(|objects| objects.put(name, content, &condition)));
        self.script.perform(format!("state put {name}"), write).await
    }
}

#[async_trait]
impl StatePlace for MemoryPlace {
    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let names = |objects: &mut Objects| -> Vec<String> {
            objects.stored.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
        };
        self.script.perform(format!("state list {prefix}"), || Ok(self.with(names))).await
    }

    async fn delete(&self, name: &str) -> Result<()> {
        let delete = || {
            self.with(|objects| objects.stored.remove(name));
            Ok(())
        };
        self.script.perform(format!("state delete {name}"), delete).await
    }
}
