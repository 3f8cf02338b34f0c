//! The file as a store.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};
use deployer_core::{Error, Kind, Result};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::errors;
use crate::formats::{self, Secrets};
use crate::settings::{FileResolved, Format};
use crate::signs::{is_age, is_dotenv_of_sops};
use crate::sops::Sops;
use crate::text::Text;
use crate::wire::Key;

/// The largest accepted file.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Secrets of one file, read once.
#[derive(Debug)]
pub(crate) struct FileStore {
    source: Arc<Source>,
    secrets: OnceCell<Secrets>,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    format: Format,
    key: Option<Key>,
    allow_readable_by_others: bool,
}

impl FileStore {
    pub(crate) fn new(resolved: FileResolved) -> Self {
        let FileResolved { path, format, key, allow_readable_by_others } = resolved;
        let source = Arc::new(Source { path, format, key, allow_readable_by_others });
        Self { source, secrets: OnceCell::new() }
    }

    /// The secrets, read where they have not been: however many ask at once, the file is read once.
    async fn secrets(&self) -> Result<&Secrets> {
        let read = || async {
            let source = Arc::clone(&self.source);
            let given_up = |_| Error::new(Kind::Interrupted, "reading the file of secrets was given up");
            spawn_blocking(move || source.read()).await.map_err(given_up)?
        };
        self.secrets.get_or_try_init(read).await
    }
}

impl Source {
    fn read(&self) -> Result<Secrets> {
        let bytes = self.bytes()?;
        let file = self.path.display().to_string();
        if !is_age(&bytes) {
            let text = Text::new(&file, &bytes)?.text;
            if self.format == Format::Dotenv && is_dotenv_of_sops(text) {
                return Err(errors::sops(
                    &self.path,
                    "SOPS encrypted it as dotenv, and only its files in JSON and YAML are supported",
                    "write the secrets to a YAML file, and encrypt it: sops encrypt --age age1… secrets.yaml > secrets.enc.yaml",
                ));
            }
            if let Some(sops) = Sops::read(&self.path, self.format, text) {
                return match &self.key {
                    Some(key) => sops.secrets(key),
                    None => Err(errors::encrypted(&self.path, "SOPS")),
                };
            }
        }
        let plain = match &self.key {
            Some(key) => key.decrypt(&self.path, &bytes)?,
            None if is_age(&bytes) => return Err(errors::encrypted(&self.path, "age")),
            None => bytes,
        };
        formats::read(self.format, Text::new(&file, &plain)?)
    }

    fn bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        let unreadable = |cause| errors::unreadable(&self.path, &cause);
        // Before it is opened: opening a pipe could wait for ever.
        if !std::fs::metadata(&self.path).map_err(unreadable)?.is_file() {
            return Err(errors::not_a_file(&self.path));
        }
        let mut file = File::open(&self.path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        if length > LARGEST {
            return Err(errors::too_large(&self.path, LARGEST));
        }
        if self.key.is_none() && !self.allow_readable_by_others {
            refuse_readable_by_others(&self.path, &file)?;
        }
        // A little more than the file: never grown, so that no copy stays behind.
        let capacity = usize::try_from(length).unwrap_or_default() + 64;
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }
}

/// Refuses a file whose group or whose others may read it.
#[cfg(unix)]
fn refuse_readable_by_others(path: &Path, file: &File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(|cause| errors::unreadable(path, &cause))?.permissions().mode();
    if mode & 0o044 == 0 { Ok(()) } else { Err(errors::readable_by_others(path, mode & 0o7777)) }
}

/// This system has no mode bits.
#[cfg(not(unix))]
fn refuse_readable_by_others(_: &Path, _: &File) -> Result<()> {
    Ok(())
}

#[async_trait]
impl SecretStore for FileStore {
    fn location(&self) -> String {
        format!("file {}", self.source.path.display())
    }

    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::default().with_names_prove_presence(true)
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        if secret.name.as_str().is_empty() {
            return Err(Error::new(Kind::Verification, "a secret without a name cannot be in a file"));
        }
        Ok(SecretAddress::new(secret.name.as_str()))
    }

    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        if secrets.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![Box::new(FileRead { store: self, secrets: secrets.to_vec() })])
    }

    async fn open(&self) -> Result<()> {
        self.secrets().await.map(drop)
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        let secrets = self.secrets().await?;
        let names = secrets.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name.as_str());
        Ok(Some(names.map(SecretName::new).collect()))
    }
}

/// Reads all secrets at once.
struct FileRead<'a> {
    store: &'a FileStore,
    secrets: Vec<WantedSecret>,
}

#[async_trait]
impl SecretRead for FileRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let content = self.store.secrets().await?;
        let answer = |secret: &WantedSecret| {
            let answer = match content.get(secret.name.as_str()) {
                Some(Some(value)) => SecretAnswer::found(value.clone()),
                Some(None) => SecretAnswer::missing_because("it is null"),
                None => SecretAnswer::missing(),
            };
            (secret.clone(), answer)
        };
        Ok(self.secrets.iter().map(answer).collect())
    }
}
