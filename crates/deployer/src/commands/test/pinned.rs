//! One state of the files for a whole test: what was verified is uploaded, and the same is written without the switches at the end, also if
//! somebody edits the files or moves the branch meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_engine::run::{Deployment, Runner};
use tokio::sync::Mutex;

/// Makes a deployment read each file of its configuration once. Returns the snapshot, for files that are read without being kept.
pub(super) async fn pin(deployment: &mut Deployment, runner: &Runner) -> Result<Arc<dyn Snapshot>> {
    let source = Arc::clone(&deployment.source);
    let snapshot = runner.read("read the configuration", || source.fetch()).await?;
    let kept = Kept { snapshot: Arc::clone(&snapshot), lists: Mutex::default(), files: Mutex::default() };
    deployment.source = Arc::new(Pinned { location: source.location(), kept: Arc::new(kept) });
    Ok(snapshot)
}

/// A source at one snapshot.
#[derive(Debug)]
struct Pinned {
    location: String,
    kept: Arc<Kept>,
}

/// A snapshot whose files are kept.
#[derive(Debug)]
struct Kept {
    snapshot: Arc<dyn Snapshot>,
    lists: Mutex<BTreeMap<String, Vec<String>>>,
    files: Mutex<BTreeMap<String, Option<Vec<u8>>>>,
}

#[async_trait]
impl ConfigSource for Pinned {
    fn location(&self) -> String {
        self.location.clone()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        Ok(self.kept.snapshot.revision())
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::clone(&self.kept) as Arc<dyn Snapshot>)
    }
}

#[async_trait]
impl Snapshot for Kept {
    fn revision(&self) -> Option<Revision> {
        self.snapshot.revision()
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let mut lists = self.lists.lock().await;
        if let Some(list) = lists.get(folder) {
            return Ok(list.clone());
        }
        let list = self.snapshot.list(folder).await?;
        lists.insert(folder.to_owned(), list.clone());
        Ok(list)
    }

    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let mut files = self.files.lock().await;
        let new: Vec<String> = paths.iter().filter(|path| !files.contains_key(*path)).cloned().collect();
        let mut failures = BTreeMap::new();
        for (path, answer) in new.iter().zip(self.snapshot.read(&new).await) {
            match answer {
                Ok(content) => drop(files.insert(path.clone(), content)),
                Err(error) => drop(failures.insert(path, error)),
            }
        }
        let answer = |path: &String| match failures.get(path) {
            Some(error) => Err(error.clone()),
            None => Ok(files.get(path).cloned().flatten()),
        };
        paths.iter().map(answer).collect()
    }
}
