//! The root folder, and which paths stay below it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use deployer_core::Result;
use deployer_core::plugin::SecretFiles;
use same_file::Handle;

use crate::errors;
use crate::opened::{OpenFolder, is_absent, is_circle};

/// The root folder.
#[derive(Debug)]
pub(crate) struct Root {
    /// The folder with all links resolved.
    folder: PathBuf,
    /// The files from which the run reads secrets.
    secret_files: Vec<Handle>,
}

impl Root {
    /// Finds the root folder.
    pub(crate) fn find(path: &Path, secret_files: &SecretFiles) -> Result<Self> {
        let folder = path.canonicalize().map_err(|cause| errors::no_root(path, &cause))?;
        if !folder.is_dir() {
            return Err(errors::no_root(path, &io::ErrorKind::NotADirectory.into()));
        }
        let files = secret_files.paths().into_iter();
        // Opening a named pipe would wait for its writer.
        let files = files.filter(|file| file.is_file());
        Ok(Self { folder, secret_files: files.filter_map(|file| Handle::from_path(file).ok()).collect() })
    }

    /// Whether the run reads secrets from this file.
    pub(crate) fn is_secret(&self, file: &File) -> io::Result<bool> {
        if self.secret_files.is_empty() {
            return Ok(false);
        }
        let file = Handle::from_file(file.try_clone()?)?;
        Ok(self.secret_files.contains(&file))
    }

    /// The path with its links resolved; `None` if nothing is there.
    ///
    /// # Errors
    /// `Verification` for a path that leaves the root or leads into a hidden folder, by its steps or through a link, and for a link
    /// that leads to nothing or in a circle.
    pub(crate) fn resolve(&self, path: &str) -> Result<Option<PathBuf>> {
        self.resolve_for(path, path)
    }

    /// As [`Self::resolve`], for a file whose path the messages name.
    fn resolve_for(&self, file: &str, path: &str) -> Result<Option<PathBuf>> {
        let stays =
            Path::new(path).components().all(|step| matches!(step, Component::Normal(_) | Component::CurDir));
        if !stays {
            return Err(errors::leaves_root(file));
        }
        match self.folder.join(path).canonicalize() {
            Ok(real) => self.check(file, path, &real).map(|()| Some(real)),
            Err(cause) if is_circle(&cause) => Err(errors::circle(file)),
            Err(cause) if is_absent(&cause) => match self.dangling_link(path) {
                Some(link) => Err(errors::dangling(file, &link)),
                None => Ok(None),
            },
            Err(cause) => Err(errors::unreadable(file, &cause)),
        }
    }

    /// Checks where a path leads. The path itself can name a hidden folder other than `.git`; a link must not lead into one.
    fn check(&self, file: &str, path: &str, real: &Path) -> Result<()> {
        let below = real.strip_prefix(&self.folder).map_err(|_| errors::leaves_root(file))?;
        let named = Path::new(path).components().filter(|step| *step != Component::CurDir);
        let same = below.components().zip(named).take_while(|(real, named)| real == named).count();
        let is_hidden = below.iter().skip(same).any(is_hidden) || below.iter().any(is_git);
        if is_hidden { Err(errors::hidden(file)) } else { Ok(()) }
    }

    /// The first link on a path that leads to nothing, as a path below the root.
    fn dangling_link(&self, path: &str) -> Option<String> {
        let mut below = PathBuf::new();
        for step in Path::new(path).components() {
            below.push(step);
            let place = self.folder.join(&below);
            if place.symlink_metadata().ok()?.is_symlink() && !place.exists() {
                return Some(below.display().to_string());
            }
        }
        None
    }
}

/// Whether a name is hidden. Kubernetes mounts volumes as links into folders such as `..2026_01_01`, which are not.
fn is_hidden(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") && !name.starts_with(b"..")
}

fn is_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

/// Resolves many paths. It resolves and opens each folder once: a folder has many files, and few of them are links.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    pub(crate) root: &'a Root,
    folders: HashMap<&'a str, Result<Option<Arc<OpenFolder>>>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(root: &'a Root) -> Self {
        Self { root, folders: HashMap::new() }
    }

    /// The open folder and the name of a path's file; the file itself can be a link or absent. `None` if there is no such folder.
    pub(crate) fn place(&mut self, path: &'a str) -> Result<Option<(Arc<OpenFolder>, &'a Path)>> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut steps = Path::new(name).components();
        let is_name = matches!((steps.next(), steps.next()), (Some(Component::Normal(_)), None));
        if !is_name || path.starts_with('/') {
            // The path names a folder or leaves the root.
            return match self.root.resolve(path)? {
                Some(_) => Err(errors::not_a_file(path, "a folder")),
                None => Ok(None),
            };
        }
        if is_git(name.as_ref()) {
            return Err(errors::hidden(path));
        }
        match self.folders.entry(folder).or_insert_with(|| open(self.root, folder)) {
            Ok(found) => Ok(found.as_ref().map(|folder| (Arc::clone(folder), Path::new(name)))),
            // Resolved again, so that the message names the file.
            Err(error) => Err(self.root.resolve_for(path, folder).err().unwrap_or_else(|| error.clone())),
        }
    }
}

fn open(root: &Root, path: &str) -> Result<Option<Arc<OpenFolder>>> {
    let Some(real) = root.resolve(path)? else { return Ok(None) };
    match OpenFolder::open(&real) {
        Ok(folder) => Ok(Some(Arc::new(folder))),
        Err(cause) if is_absent(&cause) => Ok(None),
        Err(cause) => Err(errors::unreadable(path, &cause)),
    }
}
