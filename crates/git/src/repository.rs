//! What was fetched: a bare repository in a temporary folder.

use std::sync::Arc;

use deployer_core::{Error, Kind, Result};
use gix::objs::tree::EntryMode;
use gix::{ObjectId, Repository as Gix};
use tempfile::TempDir;

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
        let mut files = Vec::new();
        let mut read = || -> gix::Result<()> {
            let tree = repository.find_commit(commit)?.tree()?;
            match tree.lookup_entry_by_path(folder)? {
                Some(entry) if entry.mode().is_tree() => {
                    collect(&repository, entry.object_id(), "", 1, &mut files)
                }
                _ => Ok(()),
            }
        };
        read().map_err(|cause| unreadable(&format!("the folder {folder} of commit {commit}"), &cause))?;
        Ok(files)
    }
}

/// Nothing of the environment, the user's or the machine's settings.
fn isolated() -> gix::open::Options {
    gix::open::Options::isolated()
}

/// The deepest nesting of folders that is read; git's own limit (`core.maxTreeDepth`) is higher and Sesam needs one level.
const DEEPEST: usize = 100;

fn collect(
    repository: &Gix,
    tree: ObjectId,
    prefix: &str,
    depth: usize,
    files: &mut Vec<File>,
) -> gix::Result<()> {
    if depth > DEEPEST {
        return Err(gix::Error::from_error(std::io::Error::other(format!(
            "folders are nested deeper than {DEEPEST}"
        ))));
    }
    let tree = repository.find_tree(tree)?;
    for entry in tree.iter() {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.filename());
        let (id, mode) = (entry.object_id(), entry.mode());
        if mode.is_tree() {
            collect(repository, id, &format!("{path}/"), depth + 1, files)?;
            continue;
        }
        let bytes =
            if mode.is_blob() { Some(Arc::from(repository.find_blob(id)?.take_data())) } else { None };
        files.push(File { path, bytes, id, mode });
    }
    Ok(())
}

/// Something of the repository that was fetched cannot be read or written.
pub(crate) fn unreadable(what: &str, cause: &gix::Error) -> Error {
    let chain: Vec<String> = cause.iter_errors().map(ToString::to_string).collect();
    Error::new(Kind::Unexpected, format!("{what} cannot be read from the fetched repository"))
        .with_cause(chain.join(": "))
}
