//! The managed files in a folder of this machine. They are replaced in such a way that a crash leaves complete files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployer_core::Result;
use walkdir::WalkDir;

use crate::errors;

/// Contents by path, with `/`.
pub(crate) type Files = BTreeMap<String, Arc<[u8]>>;

/// The largest file that is read, in bytes: an archive as large as a node can accept.
const LARGEST: u64 = 512 << 20;

/// The folder for new files until all of them are complete.
const STAGING: &str = ".sesam-deployer";

/// A folder with managed files and folders; everything else in it stays as it is.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    /// The managed files and folders, and the folder for new files.
    ours: Vec<String>,
    staging: String,
    /// Locked while files are read or written: the work continues after its future is dropped.
    busy: Mutex<()>,
}

impl Disk {
    /// A folder with the managed files and folders `ours`. `name` distinguishes targets that share a folder; it can be empty.
    pub(crate) fn new(folder: PathBuf, ours: impl IntoIterator<Item = String>, name: &str) -> Self {
        let staging = if name.is_empty() { STAGING.to_owned() } else { format!("{STAGING}-{name}") };
        let ours = ours.into_iter().chain([staging.clone()]).collect();
        Self { folder, ours, staging, busy: Mutex::default() }
    }

    /// All managed files; none if the folder does not exist.
    ///
    /// # Errors
    /// `Denied` and `Io`, also for a link, a device or a file that is too large, which could not be put back.
    pub(crate) fn read(&self) -> Result<Files> {
        let _busy = self.busy();
        self.read_now()
    }

    /// Checks the permission to write files.
    ///
    /// # Errors
    /// `Denied` if the folder is read-only, `Io` if it is not a folder.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let nearest = self.folder.ancestors().find(|folder| folder.exists());
        let Some(nearest) = nearest.filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
        let about = fs::metadata(nearest).map_err(|cause| errors::failed("read", nearest, &cause))?;
        if !about.is_dir() {
            return Err(errors::failed("write to", nearest, &io::ErrorKind::NotADirectory.into()));
        }
        if about.permissions().readonly() { Err(errors::read_only(nearest)) } else { Ok(()) }
    }

    /// Replaces all managed files; writes nothing if they have the new content already.
    ///
    /// # Errors
    /// `Conflict` if they are no longer `before`; `UnknownOutcome` if writing failed after the first change and the former files could not
    /// be put back; any other kind if nothing was changed.
    pub(crate) fn replace(&self, before: &Files, after: &Files) -> Result<()> {
        let _busy = self.busy();
        let now = self.read_now()?;
        if now == *after {
            return Ok(());
        }
        if now != *before {
            return Err(errors::changed(&self.folder.display().to_string()));
        }
        let Err(first) = self.turn(before, after) else { return Ok(()) };
        match self.read_now().and_then(|now| self.turn(&now, before)) {
            Ok(()) => Err(first),
            Err(second) => Err(errors::half_written(&self.folder.display().to_string(), first, second)),
        }
    }

    /// Replaces all managed files, whatever their content is.
    ///
    /// # Errors
    /// `Denied` and `Io`.
    pub(crate) fn put_back(&self, before: &Files) -> Result<()> {
        let _busy = self.busy();
        let now = self.read_now()?;
        if now == *before { Ok(()) } else { self.turn(&now, before) }
    }

    fn busy(&self) -> MutexGuard<'_, ()> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_now(&self) -> Result<Files> {
        let mut files = Files::new();
        for path in &self.ours {
            for entry in WalkDir::new(self.folder.join(path)).follow_root_links(false) {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) if is_absent(error.io_error()) => continue,
                    Err(error) => {
                        let path = error.path().unwrap_or(&self.folder).to_owned();
                        return Err(errors::failed("read", &path, &error.into()));
                    }
                };
                if entry.file_type().is_dir() {
                    continue;
                }
                if !entry.file_type().is_file() {
                    return Err(errors::not_a_file(entry.path()));
                }
                let content = self.content(entry.path())?;
                files.insert(self.shown(entry.path()), Arc::from(content));
            }
        }
        Ok(files)
    }

    /// The content of a file of a limited size, which can grow while it is read.
    fn content(&self, path: &Path) -> Result<Vec<u8>> {
        let failed = |cause| errors::failed("read", path, &cause);
        let mut content = Vec::new();
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size <= LARGEST {
            file.take(LARGEST + 1).read_to_end(&mut content).map_err(failed)?;
        }
        if size > LARGEST || u64::try_from(content.len()).is_ok_and(|read| read > LARGEST) {
            return Err(errors::too_large(path, LARGEST));
        }
        Ok(content)
    }

    /// The path of a file below the folder. A name that is not UTF-8 gets a replacement character, and the file is then stray.
    fn shown(&self, file: &Path) -> String {
        let below = file.strip_prefix(&self.folder).unwrap_or(file);
        below.iter().map(|step| step.to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// Replaces files by others. Nothing is changed until all new files are complete in the staging folder.
    fn turn(&self, from: &Files, to: &Files) -> Result<()> {
        let staging = self.folder.join(&self.staging);
        remove_folder(&staging)?;
        let new: Vec<(&String, &Arc<[u8]>)> =
            to.iter().filter(|(path, content)| from.get(*path) != Some(*content)).collect();
        for (path, content) in &new {
            write(&staging.join(path), content)?;
        }
        let gone = from.keys().filter(|path| !to.contains_key(*path));
        for path in gone.filter(|path| !path.starts_with(&format!("{}/", self.staging))) {
            self.remove(path)?;
        }
        let mut folders = BTreeSet::new();
        for (path, _) in &new {
            let place = self.folder.join(path);
            let folder = place.parent().unwrap_or(&self.folder);
            make_folder(folder)?;
            // An empty folder of that name has no content to keep.
            fs::remove_dir(&place).ok();
            fs::rename(staging.join(path), &place)
                .map_err(|cause| errors::failed("write", &place, &cause))?;
            folders.insert(folder.to_owned());
        }
        remove_folder(&staging)?;
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Removes a file, and then the empty folders above it.
    fn remove(&self, path: &str) -> Result<()> {
        let place = self.folder.join(path);
        match fs::remove_file(&place) {
            Err(cause) if !is_absent(Some(&cause)) => return Err(errors::failed("remove", &place, &cause)),
            _ => {}
        }
        let inside = place.ancestors().skip(1).take_while(|folder| *folder != self.folder);
        inside.map_while(|folder| fs::remove_dir(folder).ok()).for_each(drop);
        Ok(())
    }
}

/// Whether a failure says that there is nothing at a path.
fn is_absent(cause: Option<&io::Error>) -> bool {
    let kind = cause.map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(cause) if !is_absent(Some(&cause)) => Err(errors::failed("remove", folder, &cause)),
        _ => Ok(()),
    }
}

fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|cause| errors::failed("make the folder", folder, &cause))
}

/// Writes a new file down to the disk.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    path.parent().map_or(Ok(()), make_folder)?;
    let written = File::create(path).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.map_err(|cause| errors::failed("write", path, &cause))
}

/// Writes the names in a folder down to the disk, where the system lets a folder be opened.
fn sync_folder(folder: &Path) -> Result<()> {
    let Ok(opened) = File::open(folder) else { return Ok(()) };
    opened.sync_all().map_err(|cause| errors::failed("write", folder, &cause))
}

#[cfg(test)]
mod tests;
