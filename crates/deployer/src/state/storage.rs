//! Where state is kept: files in a folder of this machine, or objects in a place that machines share.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deployer_core::traits::StatePlace;
use deployer_core::{Error, Kind, Result};

use super::fence::require_earlier;
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

    /// Writes a text. `epoch` is that of the lease, if there is one; the text contains it too. A folder that machines share has no conditional
    /// writes: there, the epoch is compared right before the write.
    ///
    /// # Errors
    /// When it cannot be written; `Refused` if a run with a later epoch has written it.
    pub(super) async fn write(&self, name: &str, text: &str, epoch: Option<u64>) -> Result<()> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                if epoch.is_some()
                    && let Ok(current) = private::read_own(&path)
                {
                    require_earlier(name, &self.location(), current.as_bytes(), epoch)?;
                }
                private::write(&path, text)
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn in_a_folder_an_earlier_epoch_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::Folder(folder.path().to_owned());
        let write = async |epoch: Option<u64>| {
            storage.write("object.json", &serde_json::json!({ "epoch": epoch }).to_string(), epoch).await
        };
        for (epoch, is_written) in [
            (Some(3), true),
            (Some(2), false),
            (Some(3), true),
            (Some(4), true),
            (None, true),
            (Some(1), true),
        ] {
            let written = write(epoch).await;
            let refused = written.err().map(|error| error.kind());
            assert_eq!(refused, (!is_written).then_some(Kind::Refused), "{epoch:?}");
        }
        std::fs::write(folder.path().join("object.json"), "{").unwrap();
        assert_eq!(write(Some(5)).await.unwrap_err().kind(), Kind::Unexpected);
    }
}
