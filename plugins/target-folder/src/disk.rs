//! Files of ours in a folder of this machine: read as a whole, and replaced so that a crash leaves whole files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployer_core::Result;
use walkdir::WalkDir;

use crate::errors;

/// Contents by path, with `/`.
pub(crate) type Files = BTreeMap<String, Arc<[u8]>>;

/// Where new files lie until all of them are there.
const STAGING: &str = ".sesam-deployer";

/// A folder of which some files and folders are ours; everything else in it is left alone.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    /// The files and folders that are ours, and the one where new files lie for a while.
    ours: Vec<String>,
    staging: String,
    /// Held while files are read or written: work goes on when nobody waits for it any more.
    busy: Mutex<()>,
}

impl Disk {
    /// A folder in which some files and folders are ours. `name` tells apart what shares a folder; it may be empty.
    pub(crate) fn new(folder: PathBuf, ours: impl IntoIterator<Item = String>, name: &str) -> Self {
        let staging = if name.is_empty() { STAGING.to_owned() } else { format!("{STAGING}-{name}") };
        let ours = ours.into_iter().chain([staging.clone()]).collect();
        Self { folder, ours, staging, busy: Mutex::default() }
    }

    /// All files of ours. A folder that does not exist holds none.
    ///
    /// # Errors
    /// `Denied` and `Io`, also for a link or a device, which could not be put back.
    pub(crate) fn read(&self) -> Result<Files> {
        let _busy = self.busy();
        self.read_now()
    }

    /// Finds out whether files can be written, as far as permissions tell.
    ///
    /// # Errors
    /// `Denied` when the folder is read-only, `Io` when it is no folder.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let nearest = self.folder.ancestors().find(|folder| folder.exists());
        let Some(nearest) = nearest.filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
        let about = fs::metadata(nearest).map_err(|cause| errors::failed("read", nearest, &cause))?;
        if !about.is_dir() {
            return Err(errors::failed("write to", nearest, &io::ErrorKind::NotADirectory.into()));
        }
        if about.permissions().readonly() { Err(errors::read_only(nearest)) } else { Ok(()) }
    }

    /// Replaces all files of ours by others; nothing is written when they are there already.
    ///
    /// # Errors
    /// `Conflict` when they are no longer `before`; `UnknownOutcome` when writing failed half-way and the former files could not be
    /// put back; any other kind when nothing was changed.
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

    /// Replaces all files of ours, whatever they are.
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
            for entry in WalkDir::new(self.folder.join(path)) {
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
                let read = fs::read(entry.path());
                let content = read.map_err(|cause| errors::failed("read", entry.path(), &cause))?;
                files.insert(self.shown(entry.path()), Arc::from(content));
            }
        }
        Ok(files)
    }

    /// The path of a file below the folder. What is no UTF-8 has a replacement character, and is then found to be stray.
    fn shown(&self, file: &Path) -> String {
        let below = file.strip_prefix(&self.folder).unwrap_or(file);
        below.iter().map(|step| step.to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// Turns some files into others. Until all new ones lie beside, nothing is changed.
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
            // An empty folder of that name is nobody's content.
            fs::remove_dir(&place).ok();
            fs::rename(staging.join(path), &place)
                .map_err(|cause| errors::failed("write", &place, &cause))?;
            folders.insert(folder.to_owned());
        }
        remove_folder(&staging)?;
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Removes a file, and the folders that it leaves empty.
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
