//! Secrets in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};
use deployer_core::{Error, Kind, Result, SecretValue};
use tokio::sync::OnceCell;

use super::Script;

/// The service behind the store.
#[derive(Debug, Default)]
struct Service {
    secrets: BTreeMap<String, SecretValue>,
    denied: BTreeSet<String>,
    logins: usize,
    left_behind: usize,
}

/// A store whose secrets are in a map.
///
/// Calls in the journal: `<name> open`, `<name> read <secrets, separated by commas>`, `<name> names`, `<name> close`.
/// A login that fails by a mishap doesn't count.
#[derive(Debug)]
pub struct MemoryStore {
    name: String,
    script: Script,
    service: Arc<Mutex<Service>>,
    batch: usize,
    login: OnceCell<()>,
}

impl MemoryStore {
    /// An empty store. Each read is one secret.
    pub fn new(name: &str, script: &Script) -> Self {
        let (service, login) = (Arc::default(), OnceCell::new());
        Self { name: name.to_owned(), script: script.clone(), service, batch: 1, login }
    }

    /// Another store of the same service, not logged in.
    #[must_use]
    pub fn another(&self) -> Self {
        let service = Arc::clone(&self.service);
        Self { service, batch: self.batch, ..Self::new(&self.name, &self.script) }
    }

    /// A store that reads this many secrets at once.
    #[must_use]
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch.max(1);
        self
    }

    /// The store with one more secret.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.put(name, value);
        self
    }

    /// Writes a secret.
    pub fn put(&self, name: &str, value: &str) {
        self.lock().secrets.insert(name.to_owned(), SecretValue::new(value));
    }

    /// Denies access to a secret.
    pub fn deny(&self, name: &str) {
        self.lock().denied.insert(name.to_owned());
    }

    /// The number of logins.
    pub fn logins(&self) -> usize {
        self.lock().logins
    }

    /// The number of logins that were not revoked.
    pub fn left_behind(&self) -> usize {
        self.lock().left_behind
    }

    fn lock(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_in(&self) -> Result<()> {
        let mut service = self.lock();
        service.logins += 1;
        service.left_behind += 1;
        Ok(())
    }

    fn answer(&self, name: &str) -> SecretAnswer {
        let service = self.lock();
        if service.denied.contains(name) {
            return SecretAnswer::failed(
                Error::new(Kind::Denied, format!("read {name} from {}", self.location()))
                    .with_cause("not permitted"),
            );
        }
        service.secrets.get(name).cloned().map_or_else(SecretAnswer::missing, SecretAnswer::found)
    }
}

#[async_trait]
impl SecretStore for MemoryStore {
    fn location(&self) -> String {
        format!("memory {}", self.name)
    }

    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::default().with_names_prove_presence(true)
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        Ok(SecretAddress::new(secret.name.as_str()))
    }

    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let read = |secrets: &[WantedSecret]| -> Box<dyn SecretRead + 'a> {
            Box::new(MemoryRead { store: self, secrets: secrets.to_vec() })
        };
        Ok(secrets.chunks(self.batch).map(read).collect())
    }

    async fn open(&self) -> Result<()> {
        let open = || self.script.perform(format!("{} open", self.name), || self.log_in());
        self.login.get_or_try_init(open).await.map(drop)
    }

    async fn check(&self) -> Result<()> {
        self.script.perform(format!("{} check", self.name), || Ok(())).await
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        self.open().await?;
        let names =
            || Ok(Some(self.lock().secrets.keys().map(|name| SecretName::new(name.as_str())).collect()));
        match self.script.perform(format!("{} names", self.name), names).await {
            Err(error) if error.kind() == Kind::Denied => Ok(None),
            names => names,
        }
    }

    async fn close(&self) -> Result<()> {
        let revoke = || {
            if self.login.initialized() {
                self.lock().left_behind -= 1;
            }
            Ok(())
        };
        self.script.perform(format!("{} close", self.name), revoke).await
    }
}

/// A read of as many secrets as the store reads at once.
struct MemoryRead<'a> {
    store: &'a MemoryStore,
    secrets: Vec<WantedSecret>,
}

#[async_trait]
impl SecretRead for MemoryRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let Self { store, secrets } = self;
        let names: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
        let call = format!("{} read {}", store.name, names.join(","));
        store.open().await?;
        let answer = |secret: &WantedSecret| (secret.clone(), store.answer(secret.name.as_str()));
        store.script.perform(call, || Ok(secrets.iter().map(answer).collect())).await
    }
}
