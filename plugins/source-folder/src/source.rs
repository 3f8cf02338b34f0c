//! The folder as a source of a configuration.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::plugin::{SecretFiles, blocking, blocking_shares};
use deployer_core::traits::{ConfigSource, Snapshot};

use crate::list::list;
use crate::read::read_all;
use crate::root::Root;

/// The number of files for which another thread is worth its start.
const PER_THREAD: usize = 64;

/// A folder of this machine.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    secret_files: SecretFiles,
}

impl Folder {
    pub(crate) fn new(path: PathBuf, secret_files: SecretFiles) -> Self {
        // This removes the `./` of relative paths in settings.
        let path: PathBuf = path.components().collect();
        let bare = path.strip_prefix(".").ok().filter(|bare| !bare.as_os_str().is_empty()).map(PathBuf::from);
        Self { path: bare.unwrap_or(path), secret_files }
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
        let (path, secret_files) = (self.path.clone(), self.secret_files.clone());
        let root = blocking("read files", move || Root::find(&path, &secret_files)).await?;
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
        blocking("list files", move || list(&root, &folder)).await
    }

    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let root = Arc::clone(&self.root);
        blocking_shares("read files", paths, PER_THREAD, move |paths| read_all(&root, paths)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: impl Into<PathBuf>) -> Folder {
        Folder::new(path.into(), SecretFiles::default())
    }

    #[test]
    fn the_location_is_the_path_as_people_write_it() {
        for (given, shown) in [("./.", "."), ("././a/b/", "a/b"), ("/a/./b", "/a/b"), ("../a", "../a")] {
            assert_eq!(folder(given).location(), shown);
        }
    }

    #[tokio::test]
    async fn a_snapshot_reads_files_of_many_threads_in_their_order() {
        let temporary = tempfile::tempdir().unwrap();
        let paths: Vec<String> = (0..3 * PER_THREAD + 1).map(|number| format!("{number}.json")).collect();
        for path in &paths {
            std::fs::write(temporary.path().join(path), path).unwrap();
        }
        let source = folder(temporary.path());
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
        let temporary = tempfile::tempdir().unwrap();
        let error = folder(temporary.path().join("none")).fetch().await.unwrap_err();
        assert_eq!(error.kind(), deployer_core::Kind::NotFound);
    }
}
