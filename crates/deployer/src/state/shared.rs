//! Objects in a place that machines share, written only under the epoch of a lease.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployer_core::traits::{ObjectVersion, PutCondition, PutOutcome, StatePlace, StoredObject};
use deployer_core::{Error, Kind, Result};

use super::fence::{invalid, require_earlier};

/// How often a write is tried: another run can write in between, or the outcome of a try can be unknown.
const TRIES: usize = 3;

/// A place, and the versions of its objects that were read or written last.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    place: Arc<dyn StatePlace>,
    versions: Arc<Mutex<BTreeMap<String, ObjectVersion>>>,
}

impl Shared {
    pub(super) fn new(place: Arc<dyn StatePlace>) -> Self {
        Self { place, versions: Arc::default() }
    }

    pub(super) fn place(&self) -> &Arc<dyn StatePlace> {
        &self.place
    }

    /// Reads an object.
    ///
    /// # Errors
    /// When the place cannot be read, or the object is not text.
    pub(super) async fn read(&self, name: &str) -> Result<Option<String>> {
        let Some(StoredObject { content, version }) = self.place.get(name).await? else { return Ok(None) };
        self.versions().insert(name.to_owned(), version);
        let text = String::from_utf8(content);
        text.map(Some).map_err(|_| invalid(name, &self.place.location(), "it is not UTF-8 text"))
    }

    /// Replaces an object, unless a run with a later epoch wrote it. A write whose outcome is unknown is read back.
    ///
    /// # Errors
    /// `Refused` for an earlier epoch than that of the object; otherwise when the outcome is unknown.
    pub(super) async fn write(&self, name: &str, text: &str, epoch: Option<u64>) -> Result<()> {
        let mut known = self.versions().get(name).cloned();
        let mut tries = 0;
        loop {
            tries += 1;
            let condition = known.map_or(PutCondition::Absent, PutCondition::Unchanged);
            let failure = match self.place.put(name, text.into(), condition).await {
                Ok(PutOutcome::Stored(version)) => {
                    self.versions().insert(name.to_owned(), version);
                    return Ok(());
                }
                Ok(PutOutcome::ConditionFailed) => None,
                Err(error) => Some(error),
            };
            let current = match (self.place.get(name).await, &failure) {
                (Ok(current), _) => current,
                (Err(_), Some(failure)) => return Err(failure.clone()),
                (Err(error), None) => return Err(error),
            };
            if let Some(current) = &current {
                self.versions().insert(name.to_owned(), current.version.clone());
                if current.content == text.as_bytes() {
                    return Ok(());
                }
                require_earlier(name, &self.place.location(), &current.content, epoch)?;
            }
            if tries == TRIES {
                return Err(failure.unwrap_or_else(|| {
                    Error::new(Kind::Conflict, format!("write {name} in {}", self.place.location()))
                        .with_cause("another run writes it at the same time")
                }));
            }
            known = current.map(|current| current.version);
        }
    }

    fn versions(&self) -> MutexGuard<'_, BTreeMap<String, ObjectVersion>> {
        // Each entry is valid by itself.
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
