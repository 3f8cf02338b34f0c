//! The files of a snapshot, seen from the node folder.

use crate::run::files::Limited;
use deployer_core::document::SourceText;
use deployer_core::error::{Error, Kind, Place, Result};

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
