//! The folder as a source of a configuration.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::traits::{ConfigSource, Snapshot};
use tokio::task::spawn_blocking;

use crate::errors;
use crate::list::list;
use crate::read::read_all;
use crate::root::Root;

/// Fewer files than this are not worth another thread.
const PER_THREAD: usize = 64;

/// A folder of this machine.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        // Taken apart and put together, a path loses the `./` that relative settings give it.
        let path: PathBuf = path.components().collect();
        let bare = path.strip_prefix(".").ok().filter(|bare| !bare.as_os_str().is_empty()).map(PathBuf::from);
        Self { path: bare.unwrap_or(path) }
    }
}

#[async_trait]
impl ConfigSource for Folder {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        Ok(None)
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        let path = self.path.clone();
        let root =
            spawn_blocking(move || Root::find(&path)).await.unwrap_or_else(|_| Err(errors::given_up()))?;
        Ok(Arc::new(Files { root: Arc::new(root) }))
    }
}

/// The files below the folder, as they are when they are read: a folder has no revisions.
#[derive(Debug)]
struct Files {
    root: Arc<Root>,
}

#[async_trait]
impl Snapshot for Files {
    fn revision(&self) -> Option<Revision> {
        None
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let (root, folder) = (Arc::clone(&self.root), folder.to_owned());
        spawn_blocking(move || list(&root, &folder)).await.unwrap_or_else(|_| Err(errors::given_up()))
    }

    /// Each thread takes a share of the files: a task for every file would cost more than reading it.
    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let threads =
            available_parallelism().map_or(1, usize::from).min(paths.len().div_ceil(PER_THREAD)).max(1);
        let share = paths.len().div_ceil(threads).max(1);
        let tasks = paths.chunks(share).map(|share| {
            let (root, paths) = (Arc::clone(&self.root), share.to_vec());
            spawn_blocking(move || read_all(&root, &paths))
        });
        // Collected first, so that all run before the first is waited for.
        let tasks: Vec<_> = tasks.collect();
        let mut answers = Vec::with_capacity(paths.len());
        for (task, share) in tasks.into_iter().zip(paths.chunks(share)) {
            match task.await {
                Ok(read) => answers.extend(read),
                Err(_) => answers.extend(share.iter().map(|_| Err(errors::given_up()))),
            }
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_location_is_the_path_as_people_write_it() {
        for (given, shown) in [("./.", "."), ("././a/b/", "a/b"), ("/a/./b", "/a/b"), ("../a", "../a")] {
            assert_eq!(Folder::new(PathBuf::from(given)).location(), shown);
        }
    }

    #[tokio::test]
    async fn a_snapshot_reads_files_of_many_threads_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<String> = (0..3 * PER_THREAD + 1).map(|number| format!("{number}.json")).collect();
        for path in &paths {
            std::fs::write(folder.path().join(path), path).unwrap();
        }
        let source = Folder::new(folder.path().to_owned());
        assert_eq!(source.revision().await.unwrap(), None);
        let snapshot = source.fetch().await.unwrap();
        let answers = snapshot.read(&paths).await;
        let texts = answers.into_iter().map(|answer| String::from_utf8(answer.unwrap().unwrap()).unwrap());
        assert!(texts.eq(paths.iter().cloned()));
        assert_eq!(snapshot.list("").await.unwrap().len(), paths.len());
        assert!(snapshot.read(&[]).await.is_empty());
    }

    #[tokio::test]
    async fn a_missing_folder_is_found_out_when_it_is_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let error = Folder::new(folder.path().join("none")).fetch().await.unwrap_err();
        assert_eq!(error.kind(), deployer_core::Kind::NotFound);
    }
}
