//! The tree of a commit: what stands where, and what it holds.

use deployer_core::Result;
use gix::objs::tree::EntryMode;
use gix::{ObjectId, Repository as Gix};

use crate::repository::{Repository, blob, unreadable};

/// The deepest nesting of folders that is read; git's own limit (`core.maxTreeDepth`) is higher and Sesam needs one level.
const DEEPEST: usize = 100;

/// Something in the tree of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its path below the folder that was asked for; characters that are no UTF-8 are replaced.
    pub path: String,
    /// The object that holds its content.
    pub id: ObjectId,
    pub(crate) mode: EntryMode,
}

/// What a [`TreeEntry`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeEntryKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link; its content is the path that it leads to.
    Link,
    /// A commit of another repository, whose content is not here.
    Submodule,
}

impl TreeEntry {
    /// What it is.
    pub fn kind(&self) -> TreeEntryKind {
        if self.mode.is_tree() {
            TreeEntryKind::Folder
        } else if self.mode.is_link() {
            TreeEntryKind::Link
        } else if self.mode.is_commit() {
            TreeEntryKind::Submodule
        } else {
            TreeEntryKind::File
        }
    }
}

impl Repository {
    /// Everything in the tree of a commit below a folder, folders before what is in them, in git's order; none when there is no such
    /// folder. The empty path is the root. Blocks while it reads from disk.
    ///
    /// # Errors
    /// `Unexpected` when the commit or something below it cannot be read.
    pub fn entries(&self, commit: ObjectId, folder: &str) -> Result<Option<Vec<TreeEntry>>> {
        let repository = self.open()?;
        let read = || -> gix::Result<Option<Vec<TreeEntry>>> {
            let root = repository.find_commit(commit)?.tree()?;
            let tree = match folder {
                "" => Some(root.id),
                _ => root
                    .lookup_entry_by_path(folder)?
                    .filter(|entry| entry.mode().is_tree())
                    .map(|entry| entry.object_id()),
            };
            let mut entries = Vec::new();
            tree.map(|tree| collect(&repository, tree, "", 1, &mut entries).map(|()| entries)).transpose()
        };
        read().map_err(|cause| unreadable(&format!("the folder {folder:?} of commit {commit}"), &cause))
    }

    /// The contents of objects, each on its own, in the order of the ids. Blocks while it reads from disk.
    pub fn contents(&self, ids: &[ObjectId]) -> Vec<Result<Vec<u8>>> {
        match self.open() {
            Ok(repository) => ids.iter().map(|id| blob(&repository, *id)).collect(),
            Err(error) => ids.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

fn collect(
    repository: &Gix,
    tree: ObjectId,
    prefix: &str,
    depth: usize,
    entries: &mut Vec<TreeEntry>,
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
        let below = mode.is_tree().then(|| format!("{path}/"));
        entries.push(TreeEntry { path, id, mode });
        if let Some(below) = below {
            collect(repository, id, &below, depth + 1, entries)?;
        }
    }
    Ok(())
}
