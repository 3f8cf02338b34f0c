//! A folder of a bucket as a place for state.

use std::fmt;

use async_trait::async_trait;
use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome, StatePlace, StoredObject};
use deployer_core::{Error, Kind, Result};
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};

use crate::failure::failure;
use crate::service::{Action, Service};

/// How often a write is sent that the service rejects because another one is in progress.
const CONFLICTS: usize = 4;

/// The longest name of an object.
const LONGEST: usize = 200;

/// Objects in a folder of a bucket.
pub struct ObjectPlace {
    store: Box<dyn ObjectStore>,
    service: Service,
    folder: Path,
    location: String,
}

impl ObjectPlace {
    pub(crate) fn new(store: Box<dyn ObjectStore>, service: Service, prefix: &str, location: &str) -> Self {
        Self { store, service, folder: Path::from(prefix), location: location.to_owned() }
    }

    /// The path of an object.
    fn path(&self, name: &str) -> Result<Path> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = !matches!(name, "" | "." | "..") && name.len() <= LONGEST && name.chars().all(fits);
        match is_name {
            true => Ok(self.folder.clone().join(name)),
            false => Err(Error::new(Kind::Bug, format!("{name:?} is not the name of an object"))),
        }
    }

    fn failed(&self, action: Action, name: &str, error: &StoreError) -> Error {
        let location = &self.location;
        let attempted = match action {
            Action::Read => format!("read {name} in {location}"),
            Action::Write => format!("write {name} in {location}"),
            Action::List => format!("list {location}"),
            Action::Delete => format!("delete {name} in {location}"),
        };
        failure(self.service, action, &attempted, error)
    }

    /// Sends a write once.
    async fn put_once(&self, name: &str, content: &[u8], condition: &PutCondition) -> Result<PutOutcome> {
        let mode = match condition {
            PutCondition::Absent => PutMode::Create,
            PutCondition::Unchanged(version) => PutMode::Update(parsed(version)),
        };
        let payload = content.to_vec().into();
        match self.store.put_opts(&self.path(name)?, payload, PutOptions::from(mode)).await {
            Ok(result) => match shown(result.e_tag, result.version) {
                Some(version) => Ok(PutOutcome::Stored(version)),
                // It is stored, and cannot be replaced without its version.
                None => Err(self.failed(Action::Write, name, &nothing())),
            },
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {
                Ok(PutOutcome::ConditionFailed)
            }
            // To replace an object that does not exist.
            Err(StoreError::NotFound { .. }) if *condition != PutCondition::Absent => {
                Ok(PutOutcome::ConditionFailed)
            }
            Err(error) => Err(self.failed(Action::Write, name, &error)),
        }
    }
}

/// An answer without what it must have.
fn nothing() -> StoreError {
    StoreError::Generic { store: "", source: "neither an ETag nor a version".into() }
}

/// An ETag has no blanks.
const BETWEEN: char = ' ';

/// The ETag and the generation of an object as one text. S3 and Azure compare the former, Google Cloud Storage the latter.
fn shown(e_tag: Option<String>, version: Option<String>) -> Option<ObjectVersion> {
    match (e_tag.as_deref().unwrap_or_default(), version.as_deref().unwrap_or_default()) {
        ("", "") => None,
        (e_tag, version) => Some(ObjectVersion(format!("{e_tag}{BETWEEN}{version}"))),
    }
}

fn parsed(version: &ObjectVersion) -> UpdateVersion {
    let (e_tag, version) = version.0.split_once(BETWEEN).unwrap_or((&version.0, ""));
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    UpdateVersion { e_tag: given(e_tag), version: given(version) }
}

#[async_trait]
impl LeasePlace for ObjectPlace {
    fn location(&self) -> String {
        self.location.clone()
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        let failed = |error: StoreError| self.failed(Action::Read, name, &error);
        let result = match self.store.get(&self.path(name)?).await {
            Ok(result) => result,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let version = shown(result.meta.e_tag.clone(), result.meta.version.clone());
        let version = version.ok_or_else(|| failed(nothing()))?;
        let content = result.bytes().await.map_err(failed)?.to_vec();
        Ok(Some(StoredObject { content, version }))
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        let mut outcome = self.put_once(name, &content, &condition).await;
        // The service stores nothing if it rejects a write because another one is in progress.
        for _ in 1..CONFLICTS {
            if !outcome.as_ref().is_err_and(|error| error.kind() == Kind::Conflict) {
                break;
            }
            let is_met = match (&condition, self.get(name).await?) {
                (PutCondition::Absent, current) => current.is_none(),
                (PutCondition::Unchanged(version), current) => {
                    current.is_some_and(|current| current.version == *version)
                }
            };
            if !is_met {
                return Ok(PutOutcome::ConditionFailed);
            }
            outcome = self.put_once(name, &content, &condition).await;
        }
        outcome
    }
}

#[async_trait]
impl StatePlace for ObjectPlace {
    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let folder = (!self.folder.as_ref().is_empty()).then_some(&self.folder);
        let listed = self.store.list_with_delimiter(folder).await;
        let listed = listed.map_err(|error| self.failed(Action::List, prefix, &error))?;
        let names = listed.objects.iter().filter_map(|object| object.location.filename());
        let mut names: Vec<String> =
            names.filter(|name| name.starts_with(prefix)).map(str::to_owned).collect();
        names.sort_unstable();
        Ok(names)
    }

    async fn delete(&self, name: &str) -> Result<()> {
        match self.store.delete(&self.path(name)?).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(Action::Delete, name, &error)),
        }
    }
}

impl fmt::Debug for ObjectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectPlace({})", self.location)
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn a_version_keeps_both_the_etag_and_the_generation() {
        for (e_tag, version) in [(Some("\"a\""), None), (Some("\"a\""), Some("7")), (None, Some("7"))] {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let back = parsed(&shown(owned(e_tag), owned(version)).unwrap());
            assert_eq!((back.e_tag.as_deref(), back.version.as_deref()), (e_tag, version));
        }
        assert_eq!(shown(None, None), None);
    }

    #[tokio::test]
    async fn a_name_that_leaves_the_folder_is_refused() {
        let place = ObjectPlace::new(Box::new(InMemory::new()), Service::S3, "a/b", "s3://bucket/a/b");
        for name in ["", ".", "..", "../x", "a/b", "a b", "å", &"n".repeat(201)] {
            assert_eq!(place.get(name).await.unwrap_err().kind(), Kind::Bug, "{name}");
        }
        assert_eq!(place.path("lease-1.json").unwrap().as_ref(), "a/b/lease-1.json");
    }
}
