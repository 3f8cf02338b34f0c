//! Where state is kept: files in a folder of this machine, or objects in a place that machines share.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deployer_core::traits::StatePlace;
use deployer_core::{Error, Kind, Result};

use super::shared::Shared;
use crate::files as private;

/// The beginning of the names of plans and snapshots that are kept with the state.
const STORED: &str = "state:";

/// Where state is kept. Clones share what they know of it.
#[derive(Debug, Clone)]
pub(crate) enum Storage {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A place that machines share.
    Shared(Shared),
}

impl Storage {
    pub(super) fn shared(place: &Arc<dyn StatePlace>) -> Self {
        Self::Shared(Shared::new(Arc::clone(place)))
    }

    /// Where it is, for messages.
    pub(crate) fn location(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Shared(shared) => shared.place().location(),
        }
    }

    /// The folder, if it is one.
    #[cfg(feature = "watch")]
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Shared(_) => None,
        }
    }

    /// The name of a file or object on the command line.
    pub(super) fn reference(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Shared(_) => format!("{STORED}{name}"),
        }
    }

    /// Reads a text. `None` if there is none of that name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn read(&self, name: &str) -> Result<Option<String>> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                match private::read_own(&path) {
                    Ok(text) => Ok(Some(text)),
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                    Err(error) => {
                        Err(Error::new(Kind::Io, format!("read the file {}", path.display()))
                            .with_cause(error))
                    }
                }
            }
            Self::Shared(shared) => shared.read(name).await,
        }
    }

    /// Writes a text. In a place that machines share, `epoch` is that of the lease, which the text contains too.
    ///
    /// # Errors
    /// When it cannot be written; `Refused` if a run with a later epoch has written it.
    pub(super) async fn write(&self, name: &str, text: &str, epoch: Option<u64>) -> Result<()> {
        match self {
            Self::Folder(folder) => private::write(&folder.join(name), text),
            Self::Shared(shared) => shared.write(name, text, epoch).await,
        }
    }

    /// The names that start with a text, in alphabetical order.
    ///
    /// # Errors
    /// When the place cannot be read. A folder that cannot be read has no names.
    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        match self {
            Self::Folder(folder) => {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
                let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
                names.sort();
                Ok(names)
            }
            Self::Shared(shared) => shared.place().list(prefix).await,
        }
    }

    /// Removes a text that nobody needs. One that cannot be removed does no harm.
    pub(super) async fn remove(&self, name: &str) {
        match self {
            Self::Folder(folder) => drop(fs::remove_file(folder.join(name))),
            Self::Shared(shared) => drop(shared.place().delete(name).await),
        }
    }
}

/// The name in `state:NAME`, which stands for a plan or snapshot that is kept with the state. `None` for a file.
pub(crate) fn stored_name(file: &Path) -> Option<&str> {
    file.to_str()?.strip_prefix(STORED)
}
