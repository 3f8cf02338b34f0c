//! A configuration in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deployer_core::model::Revision;
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_core::{Error, Kind, Result};

use super::Script;

type Contents = Arc<BTreeMap<String, Vec<u8>>>;

/// A source that holds its files in a map. Clones share the files. Each change is a new revision.
///
/// Calls in the journal: `source fetch`, `source read <path>`.
#[derive(Debug, Clone, Default)]
pub struct MemorySource {
    state: Arc<Mutex<(usize, Contents)>>,
    script: Script,
}

impl MemorySource {
    /// An empty source.
    pub fn new(script: &Script) -> Self {
        Self { state: Arc::default(), script: script.clone() }
    }

    /// Writes a file.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let mut state = self.lock();
        Arc::make_mut(&mut state.1).insert(path.to_owned(), content.as_ref().to_owned());
        state.0 += 1;
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) {
        let mut state = self.lock();
        Arc::make_mut(&mut state.1).remove(path);
        state.0 += 1;
    }

    fn lock(&self) -> MutexGuard<'_, (usize, Contents)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn revision(number: usize) -> Revision {
    Revision::new(format!("change {number}"))
}

#[async_trait]
impl ConfigSource for MemorySource {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        Ok(Some(revision(self.lock().0)))
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        let take = || {
            let (number, files) = self.lock().clone();
            Ok(Arc::new(Files { number, files, script: self.script.clone() }) as Arc<dyn Snapshot>)
        };
        self.script.perform("source fetch".to_owned(), take).await
    }
}

#[derive(Debug)]
struct Files {
    number: usize,
    files: Contents,
    script: Script,
}

impl Files {
    fn content(&self, path: &str) -> Result<Option<Vec<u8>>> {
        stays_below(path)?;
        let path: Vec<&str> = steps(path).collect();
        Ok(self.files.get(&path.join("/")).cloned())
    }
}

/// Refuses a path that leaves the root.
fn stays_below(path: &str) -> Result<()> {
    if path.starts_with('/') || path.split('/').any(|step| step == "..") {
        return Err(Error::new(Kind::Verification, format!("{path:?} leads out of the configuration")));
    }
    Ok(())
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|step| !matches!(*step, "" | "."))
}

#[async_trait]
impl Snapshot for Files {
    fn revision(&self) -> Option<Revision> {
        Some(revision(self.number))
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>> {
        stays_below(folder)?;
        let prefix: String = steps(folder).flat_map(|step| [step, "/"]).collect();
        Ok(self.files.keys().filter(|path| path.starts_with(&prefix)).cloned().collect())
    }

    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let reads = paths
            .iter()
            .map(|path| self.script.perform(format!("source read {path}"), || self.content(path)));
        futures::future::join_all(reads).await
    }
}
