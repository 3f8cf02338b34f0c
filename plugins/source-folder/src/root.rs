//! The root folder, and which paths stay below it.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use deployer_core::{Kind, Result};

use crate::errors;

/// The root with all links resolved.
#[derive(Debug, Clone)]
pub(crate) struct Root(PathBuf);

impl Root {
    /// Finds the root folder.
    pub(crate) fn find(path: &Path) -> Result<Self> {
        let found = path.canonicalize().map_err(|cause| errors::no_root(path, &cause))?;
        if found.is_dir() {
            Ok(Self(found))
        } else {
            Err(errors::no_root(path, &io::ErrorKind::NotADirectory.into()))
        }
    }

    /// Whether a path without links is the root or below it.
    pub(crate) fn holds(&self, real: &Path) -> bool {
        real.starts_with(&self.0)
    }

    /// The real place of a path, links resolved; none when nothing is there.
    ///
    /// A path that leaves the root, by its steps or through a link, is refused.
    pub(crate) fn resolve(&self, path: &str) -> Result<Option<PathBuf>> {
        let stays =
            Path::new(path).components().all(|step| matches!(step, Component::Normal(_) | Component::CurDir));
        if !stays {
            return Err(errors::leaves_root(path));
        }
        match self.0.join(path).canonicalize() {
            Ok(real) if self.holds(&real) => Ok(Some(real)),
            Ok(_) => Err(errors::leaves_root(path)),
            Err(cause) if is_absent(&cause) => Ok(None),
            Err(cause) => Err(errors::unreadable(path, &cause)),
        }
    }
}

/// Whether a failure says that there is nothing at a path: neither the file, nor a folder on the way to it.
pub(crate) fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Resolves many paths. Each folder is resolved once: files of one folder are many, and links among them are few.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    root: &'a Root,
    folders: HashMap<&'a str, Result<Option<PathBuf>>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(root: &'a Root) -> Self {
        Self { root, folders: HashMap::new() }
    }

    /// Where a path's file would be, its folder resolved and the file itself not; none when there is no such folder.
    pub(crate) fn place(&mut self, path: &'a str) -> Result<Option<PathBuf>> {
        let root = self.root;
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut steps = Path::new(name).components();
        let is_name = matches!((steps.next(), steps.next()), (Some(Component::Normal(_)), None));
        if !is_name || path.starts_with('/') {
            return root.resolve(path);
        }
        match self.folders.entry(folder).or_insert_with(|| root.resolve(folder)) {
            Ok(found) => Ok(found.as_ref().map(|folder| folder.join(name))),
            // The folder is the reason; what was asked for is the file.
            Err(error) if error.kind() == Kind::Verification => Err(errors::leaves_root(path)),
            Err(error) => Err(error.clone()),
        }
    }
}
