//! The entries of a tree.

use std::sync::Arc;

use gix::ObjectId;
use gix::objs::tree::EntryMode;

/// An entry in the tree of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its path below the requested folder; characters that are not UTF-8 are replaced.
    pub path: String,
    /// The object with its content.
    pub id: ObjectId,
    pub(crate) mode: EntryMode,
}

/// The kind of a [`TreeEntry`].
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
    /// Its kind.
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

/// A file of a commit. Cheap to clone. Symbolic links and submodules are listed as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the requested folder; characters that are not UTF-8 are replaced.
    pub path: String,
    /// Its content; `None` for a symbolic link or a submodule.
    pub bytes: Option<Arc<[u8]>>,
    pub(crate) id: ObjectId,
    pub(crate) mode: EntryMode,
}

impl File {
    /// A file that is in no repository, for tests of code that reads files.
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
