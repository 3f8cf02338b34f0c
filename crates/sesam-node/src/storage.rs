//! The data directory of a node: `state.json`, `secrets.json`, and `lock` against a second node.
//!
//! The node writes a new file beside the old one, flushes it to the disk, and renames it. A process that dies at any point leaves the old
//! or the new file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::state::contents::Contents;
use crate::state::secrets::Secrets;
use crate::state::stored::Stored;

const STATE: &str = "state.json";
const SECRETS: &str = "secrets.json";

/// An open data directory. It is locked until this value is dropped.
#[derive(Debug)]
pub(crate) struct Storage {
    directory: PathBuf,
    _lock: File,
}

/// The layout of `secrets.json`.
#[derive(Default, Serialize, Deserialize)]
struct SecretsFile<T> {
    global: BTreeMap<String, T>,
    systems: BTreeMap<String, BTreeMap<String, T>>,
}

impl Storage {
    /// Opens or creates a directory and reads its files.
    pub(crate) fn open(directory: &Path) -> io::Result<(Self, Contents)> {
        create_directory(directory)?;
        let lock = File::create(directory.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::new(
                io::ErrorKind::ResourceBusy,
                format!("another node uses the directory {}", directory.display()),
            ),
            TryLockError::Error(error) => error,
        })?;
        let stored: Stored = read(&directory.join(STATE))?;
        let secrets: SecretsFile<String> = read(&directory.join(SECRETS))?;
        let protect = |secrets: BTreeMap<String, String>| {
            secrets.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect()
        };
        let systems = secrets.systems.into_iter().map(|(id, secrets)| (id, protect(secrets))).collect();
        let secrets = Secrets::new(protect(secrets.global), systems);
        let contents =
            Contents { stored: Arc::new(stored), secrets: Arc::new(secrets), ..Contents::default() };
        Ok((Self { directory: directory.to_owned(), _lock: lock }, contents))
    }

    /// Writes the files that differ between two states, the configuration first: if the second write is lost, opening the directory removes
    /// the secrets of removed systems.
    pub(crate) fn write(&self, before: &Contents, after: &Contents) -> io::Result<()> {
        if !Arc::ptr_eq(&before.stored, &after.stored) {
            self.replace(STATE, &serde_json::to_vec(&*after.stored)?)?;
        }
        if !Arc::ptr_eq(&before.secrets, &after.secrets) {
            self.replace(SECRETS, &exposed(&after.secrets)?)?;
        }
        Ok(())
    }

    fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let new = self.directory.join(format!("{name}.new"));
        // A process that died may have left a file with other permissions.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = owner_only().open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, self.directory.join(name))?;
        sync_directory(&self.directory)
    }
}

fn exposed(secrets: &Secrets) -> io::Result<Vec<u8>> {
    let expose = |system: Option<&str>| {
        let secrets = secrets.of(system).into_iter().flatten();
        secrets.map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect()
    };
    let systems = secrets.systems().map(|id| (id.to_owned(), expose(Some(id)))).collect();
    Ok(serde_json::to_vec(&SecretsFile { global: expose(None), systems })?)
}

fn read<T: Default + for<'de> Deserialize<'de>>(path: &Path) -> io::Result<T> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(error),
    };
    serde_json::from_slice(&content).map_err(|error| {
        // The text of the error may contain a value, which is a secret in one of the files.
        let place = format!("line {}, column {}", error.line(), error.column());
        io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged at {place}", path.display()))
    })
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(directory)
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
