//! The fetched objects, in memory.

use std::sync::Arc;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;
use gix::hash::oid;
use gix::objs::{Data, Find, FindExt};

use crate::entry::{File, TreeEntry};
use crate::pack::Pack;

/// The deepest nesting of folders that is read; git's own limit (`core.maxTreeDepth`) is higher and Sesam needs one level.
const DEEPEST: usize = 100;

/// The fetched objects of a repository: a commit and everything below it. They are in memory; nothing is written to disk.
#[derive(Debug)]
pub struct Repository(Option<Pack>);

impl Repository {
    /// The repository without any commit.
    pub(crate) fn empty() -> Self {
        Self(None)
    }

    /// The repository with the objects of a pack.
    pub(crate) fn new(pack: Pack) -> Self {
        Self(Some(pack))
    }

    /// Whether an object was fetched.
    pub(crate) fn contains(&self, id: &oid) -> bool {
        self.0.as_ref().is_some_and(|pack| pack.contains(id))
    }

    /// The kind of a fetched object.
    pub(crate) fn kind(&self, id: &oid) -> gix::Result<gix::objs::Kind> {
        self.find(id, &mut Vec::new()).map(|found| found.kind)
    }

    /// The tree of a commit.
    pub(crate) fn tree_of(&self, commit: ObjectId) -> gix::Result<ObjectId> {
        self.find_commit_iter(&commit, &mut Vec::new())?.tree_id()
    }

    /// The files of a commit below a folder, in git's order; empty if the folder does not exist. Computes for long.
    ///
    /// # Errors
    /// `Unexpected` if the commit or an object below it cannot be read.
    pub fn files(&self, commit: ObjectId, folder: &str) -> Result<Vec<File>> {
        let entries = self.entries(commit, folder)?.unwrap_or_default();
        let files = entries.into_iter().filter(|entry| !entry.mode.is_tree());
        files
            .map(|TreeEntry { path, id, mode }| {
                let bytes = if mode.is_blob() { Some(Arc::from(self.content(id)?)) } else { None };
                Ok(File { path, bytes, id, mode })
            })
            .collect()
    }

    /// Everything in the tree of a commit below a folder, folders before their entries, in git's order; `None` if there is no such folder.
    /// The empty path is the root.
    ///
    /// # Errors
    /// `Unexpected` if the commit or an object below it cannot be read.
    pub fn entries(&self, commit: ObjectId, folder: &str) -> Result<Option<Vec<TreeEntry>>> {
        let read = || -> gix::Result<Option<Vec<TreeEntry>>> {
            let mut tree = self.tree_of(commit)?;
            for step in folder.split('/').filter(|step| !step.is_empty()) {
                match self.folder(tree, step)? {
                    Some(below) => tree = below,
                    None => return Ok(None),
                }
            }
            let mut entries = Vec::new();
            self.collect(tree, "", 1, &mut entries)?;
            Ok(Some(entries))
        };
        read().map_err(|cause| unreadable(&format!("the folder {folder:?} of commit {commit}"), &cause))
    }

    /// The contents of objects, each on its own, in the order of the ids. Computes for long.
    pub fn contents(&self, ids: &[ObjectId]) -> Vec<Result<Vec<u8>>> {
        ids.iter().map(|id| self.content(*id)).collect()
    }

    fn content(&self, id: ObjectId) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        match self.find_blob(&id, &mut content).map(drop) {
            Ok(()) => Ok(content),
            Err(cause) => Err(unreadable(&format!("the content {id}"), &cause)),
        }
    }

    /// The folder of this name in a tree.
    fn folder(&self, tree: ObjectId, name: &str) -> gix::Result<Option<ObjectId>> {
        let mut buffer = Vec::new();
        for entry in self.find_tree_iter(&tree, &mut buffer)? {
            let entry = entry?;
            if entry.filename == name && entry.mode.is_tree() {
                return Ok(Some(entry.oid.to_owned()));
            }
        }
        Ok(None)
    }

    fn collect(
        &self,
        tree: ObjectId,
        prefix: &str,
        depth: usize,
        entries: &mut Vec<TreeEntry>,
    ) -> gix::Result<()> {
        if depth > DEEPEST {
            let message = format!("folders are nested deeper than {DEEPEST}");
            return Err(gix::Error::from_error(std::io::Error::other(message)));
        }
        let mut buffer = Vec::new();
        for entry in self.find_tree_iter(&tree, &mut buffer)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.filename);
            let (id, mode) = (entry.oid.to_owned(), entry.mode);
            let below = mode.is_tree().then(|| format!("{path}/"));
            entries.push(TreeEntry { path, id, mode });
            if let Some(below) = below {
                self.collect(id, &below, depth + 1, entries)?;
            }
        }
        Ok(())
    }
}

impl Find for Repository {
    fn try_find<'a>(&self, id: &oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<Data<'a>>> {
        match &self.0 {
            Some(pack) => pack.find(id, buffer),
            None => Ok(None),
        }
    }
}

/// The error for a fetched object that cannot be read.
pub(crate) fn unreadable(what: &str, cause: &gix::Error) -> Error {
    let chain: Vec<String> = cause.iter_errors().map(ToString::to_string).collect();
    Error::new(Kind::Unexpected, format!("{what} cannot be read from the fetched repository"))
        .with_cause(chain.join(": "))
}
