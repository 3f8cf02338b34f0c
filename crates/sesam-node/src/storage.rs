//! A node's directory: `state.json`, `secrets.json` for the owner alone, and `lock` against a second node.
//!
//! Each file is replaced as one: written beside the old one, flushed to the disk, and renamed over it. A process that
//! dies at any point leaves the old or the new file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::state::{Secrets, State, Stored};

const STATE: &str = "state.json";
const SECRETS: &str = "secrets.json";

/// An open directory. The lock is held as long as this lives.
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
    /// Opens or creates a directory and reads what it holds.
    pub(crate) fn open(directory: &Path) -> io::Result<(Self, State)> {
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
        let state = State { stored: Arc::new(stored), secrets: Arc::new(secrets), ..State::default() };
        Ok((Self { directory: directory.to_owned(), _lock: lock }, state))
    }

    /// Writes what differs between two states. The configuration goes first: secrets of systems it no longer holds
    /// are dropped again on opening, should the second write be lost.
    pub(crate) fn write(&self, before: &State, after: &State) -> io::Result<()> {
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
        // A file left by a process that died may have other permissions.
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
        // The error's own text may quote a value, which in one of the files is a secret.
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
