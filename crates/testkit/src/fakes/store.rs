//! Secrets in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deployer_core::error::Note;
use deployer_core::model::SecretName;
use deployer_core::traits::{Address, Answer, SecretStore, StoreCapabilities, Wanted};
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

/// A store that holds its secrets in a map.
///
/// Calls in the journal: `<name> open`, `<name> read <addresses, separated by commas>`, `<name> names`, `<name> close`.
/// A login that a mishap lets fail is not made.
#[derive(Debug)]
pub struct MemoryStore {
    name: String,
    script: Script,
    service: Arc<Mutex<Service>>,
    batch: usize,
    login: OnceCell<()>,
}

impl MemoryStore {
    /// An empty store; each read is one address.
    pub fn new(name: &str, script: &Script) -> Self {
        let (service, login) = (Arc::default(), OnceCell::new());
        Self { name: name.to_owned(), script: script.clone(), service, batch: 1, login }
    }

    /// A store of the same service that has not logged in yet.
    #[must_use]
    pub fn another(&self) -> Self {
        let service = Arc::clone(&self.service);
        Self { service, batch: self.batch, ..Self::new(&self.name, &self.script) }
    }

    /// A store that reads this many addresses at once.
    #[must_use]
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch.max(1);
        self
    }

    /// A store that holds one more secret.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.put(name, value);
        self
    }

    /// Writes a secret.
    pub fn put(&self, name: &str, value: &str) {
        self.lock().secrets.insert(name.to_owned(), SecretValue::new(value));
    }

    /// Refuses to tell a secret.
    pub fn deny(&self, name: &str) {
        self.lock().denied.insert(name.to_owned());
    }

    /// How often somebody logged in.
    pub fn logins(&self) -> usize {
        self.lock().logins
    }

    /// How many logins were not given back.
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

    fn answer(&self, address: &Address) -> Answer {
        let service = self.lock();
        let name = address.as_str();
        if service.denied.contains(name) {
            return Answer::Failed(
                Error::new(Kind::Denied, format!("read {name} from {}", self.location()))
                    .with_cause("not permitted"),
            );
        }
        match service.secrets.get(name) {
            Some(value) if value.is_empty() => {
                Answer::Found(value.clone(), vec![Note::warning(format!("{name} is empty"))])
            }
            Some(value) => Answer::Found(value.clone(), Vec::new()),
            None => Answer::Missing(None),
        }
    }
}

#[async_trait]
impl SecretStore for MemoryStore {
    fn location(&self) -> String {
        format!("memory {}", self.name)
    }

    fn capabilities(&self) -> StoreCapabilities {
        let mut capabilities = StoreCapabilities::default();
        capabilities.names_prove_presence = true;
        capabilities
    }

    fn address(&self, wanted: &Wanted) -> Result<Address> {
        Ok(Address::new(wanted.name.as_str()))
    }

    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>> {
        addresses.chunks(self.batch).map(<[Address]>::to_vec).collect()
    }

    async fn open(&self) -> Result<()> {
        let open = || self.script.perform(format!("{} open", self.name), || self.log_in());
        self.login.get_or_try_init(open).await.map(drop)
    }

    async fn read(&self, addresses: &[Address]) -> Vec<Answer> {
        let names: Vec<&str> = addresses.iter().map(Address::as_str).collect();
        let call = format!("{} read {}", self.name, names.join(","));
        let read = async {
            self.open().await?;
            let work = || Ok(addresses.iter().map(|address| self.answer(address)).collect());
            self.script.perform(call, work).await
        };
        read.await.unwrap_or_else(|error: Error| vec![Answer::Failed(error); addresses.len()])
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        self.open().await?;
        let names =
            || Ok(Some(self.lock().secrets.keys().map(|name| SecretName::new(name.as_str())).collect()));
        self.script.perform(format!("{} names", self.name), names).await
    }

    async fn close(&self) -> Result<()> {
        let give_back = || {
            if self.login.initialized() {
                self.lock().left_behind -= 1;
            }
            Ok(())
        };
        self.script.perform(format!("{} close", self.name), give_back).await
    }
}
