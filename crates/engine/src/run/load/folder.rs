//! The files of a snapshot, seen from the node folder.

use crate::run::call::Runner;
use deployer_core::document::SourceText;
use deployer_core::error::{Error, Kind, Place, Result};
use deployer_core::traits::Snapshot;

/// The node folder of a snapshot.
pub(super) struct Folder<'a> {
    pub(super) snapshot: Limited<'a>,
    /// Its path below the root, without slashes around it; empty for the root.
    pub(super) path: &'a str,
}

impl Folder<'_> {
    /// The path of a file of the folder, below the root.
    pub(super) fn below(&self, path: &str) -> String {
        join(self.path, path)
    }

    /// The paths of all files of the folder, relative to it.
    pub(super) async fn files(&self) -> Result<Vec<String>> {
        let prefix = self.below("");
        let files = self.snapshot.list(self.path).await?;
        Ok(files.iter().filter_map(|file| file.strip_prefix(&prefix)).map(str::to_owned).collect())
    }

    /// A file of the folder that must exist.
    pub(super) async fn required(&self, path: &str, what: &str) -> Result<SourceText> {
        let path = self.below(path);
        self.at(&path, path.as_str()).await?.ok_or_else(|| {
            Error::new(Kind::Verification, format!("{what} does not exist"))
                .at(Place::file(path.as_str()))
                .with_hint("check the name of the environment and the folder of the configuration")
        })
    }

    /// A file by its path below the root, named in messages as `shown`. `None` if it does not exist.
    pub(super) async fn at(&self, path: &str, shown: &str) -> Result<Option<SourceText>> {
        let path = path.to_owned();
        let answers = self.snapshot.read(std::slice::from_ref(&path)).await;
        let bytes = answers.into_iter().next().unwrap_or(Ok(None))?;
        bytes.map(|bytes| SourceText::from_bytes(shown, bytes)).transpose()
    }
}

/// A path below a folder, which is empty for the root.
pub(super) fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The name of this part of a run.
pub(super) const PART: &str = "read the configuration";

/// A snapshot whose reads are repeated, timed and interrupted as all other calls are.
pub(super) struct Limited<'a> {
    pub(super) snapshot: &'a dyn Snapshot,
    pub(super) runner: &'a Runner,
}

impl Limited<'_> {
    /// As [`Snapshot::list`].
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.runner.read(PART, || self.snapshot.list(folder)).await
    }

    /// As [`Snapshot::read`]. What failed and can pass is read again.
    pub(super) async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let mut answers = self.read_once(paths).await;
        for attempt in 1.. {
            let may_pass = |answer: &Result<_>| {
                answer.as_ref().err().filter(|error| self.runner.may_retry(error, attempt)).cloned()
            };
            let open: Vec<usize> =
                (0..answers.len()).filter(|at| may_pass(&answers[*at]).is_some()).collect();
            let Some(error) = open.first().and_then(|at| may_pass(&answers[*at])) else { break };
            if self.runner.wait(PART, &error, attempt).await.is_err() {
                break;
            }
            let again: Vec<String> = open.iter().map(|at| paths[*at].clone()).collect();
            for (at, answer) in open.into_iter().zip(self.read_once(&again).await) {
                answers[at] = answer;
            }
        }
        answers
    }

    async fn read_once(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let read = self.runner.once(PART, async { Ok(self.snapshot.read(paths).await) }).await;
        read.unwrap_or_else(|error| paths.iter().map(|_| Err(error.clone())).collect())
    }
}
