//! What was fetched: a bare repository in a temporary folder.

use std::sync::Arc;

use deployer_core::{Error, Kind, Result};
use gix::objs::tree::EntryMode;
use gix::{ObjectId, Repository as Gix};
use tempfile::TempDir;

use crate::tree::TreeEntry;

/// A bare repository in a temporary folder that goes with it.
#[derive(Debug)]
pub struct Repository {
    folder: TempDir,
}

/// A file of a commit. Cheap to clone. Symbolic links and submodules are listed as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the folder that was asked for; characters that are no UTF-8 are replaced.
    pub path: String,
    /// Its content; none for what is no file (a symbolic link, a submodule).
    pub bytes: Option<Arc<[u8]>>,
    pub(crate) id: ObjectId,
    pub(crate) mode: EntryMode,
}

impl File {
    /// A file that is in no repository, for tests of what reads files.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let mode = gix::objs::tree::EntryKind::Blob.into();
        Self {
            path: path.into(),
            bytes: Some(Arc::from(bytes.into())),
            id: gix::hash::Kind::Sha1.null(),
            mode,
        }
    }

    /// Its path and its content.
    pub fn content(&self) -> (&str, Option<&[u8]>) {
        (&self.path, self.bytes.as_deref())
    }
}

impl Repository {
    /// An empty repository. Nothing of the user's or the machine's git settings applies to it.
    pub(crate) fn create() -> Result<Self> {
        let failed = |cause: String| {
            Error::new(Kind::Io, "no temporary folder can be made for the git repository").with_cause(cause)
        };
        let folder = TempDir::with_prefix("sesam-deployer-").map_err(|cause| failed(cause.to_string()))?;
        let kind = gix::create::Kind::Bare;
        gix::ThreadSafeRepository::init_opts(
            folder.path(),
            kind,
            gix::create::Options::default(),
            isolated(),
        )
        .map_err(|cause| failed(cause.to_string()))?;
        Ok(Self { folder })
    }

    /// Opens it for this thread.
    pub(crate) fn open(&self) -> Result<Gix> {
        gix::open_opts(self.folder.path(), isolated()).map_err(|cause| unreadable("the repository", &cause))
    }

    /// The files of a commit below a folder, in git's order; none when the folder does not exist. Blocks while it reads from disk.
    ///
    /// # Errors
    /// `Unexpected` when the commit or something below it cannot be read.
    pub fn files(&self, commit: ObjectId, folder: &str) -> Result<Vec<File>> {
        let repository = self.open()?;
        let entries = self.entries(commit, folder)?.unwrap_or_default();
        let files = entries.into_iter().filter(|entry| !entry.mode.is_tree());
        files
            .map(|TreeEntry { path, id, mode }| {
                let bytes = if mode.is_blob() { Some(Arc::from(blob(&repository, id)?)) } else { None };
                Ok(File { path, bytes, id, mode })
            })
            .collect()
    }
}

/// Nothing of the environment, the user's or the machine's settings.
fn isolated() -> gix::open::Options {
    gix::open::Options::isolated()
}

/// The content of a blob.
pub(crate) fn blob(repository: &Gix, id: ObjectId) -> Result<Vec<u8>> {
    let found = repository.find_blob(id).map(|mut blob| blob.take_data());
    found.map_err(|cause| unreadable(&format!("the content {id}"), &cause))
}

/// Something of the repository that was fetched cannot be read or written.
pub(crate) fn unreadable(what: &str, cause: &gix::Error) -> Error {
    let chain: Vec<String> = cause.iter_errors().map(ToString::to_string).collect();
    Error::new(Kind::Unexpected, format!("{what} cannot be read from the fetched repository"))
        .with_cause(chain.join(": "))
}
