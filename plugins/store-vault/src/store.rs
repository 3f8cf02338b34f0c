//! The store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{Address, Answer, SecretStore, StoreCapabilities, Wanted};
use deployer_core::{Result, SecretValue};

use crate::engine::Engine;
use crate::naming::{Listing, Naming};
use crate::reader::{Reader, Secret};
use crate::session::Session;
use crate::settings::Resolved;
use crate::values;
use crate::wire::Wire;

/// Secrets in a key-value engine.
#[derive(Debug)]
pub(crate) struct VaultStore {
    /// In the namespace of the secrets.
    wire: Wire,
    session: Session,
    naming: Naming,
    engine: Engine,
}

impl VaultStore {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { client, endpoint, redirects, naming, identity, redactor, .. } = resolved;
        let wire = Wire::new(client, endpoint, redirects, redactor);
        let session = Session::new(wire.clone().in_namespace(resolved.login_namespace), identity);
        let engine = Engine::new(naming.mount(), resolved.kv_version);
        Self { wire: wire.in_namespace(resolved.namespace), session, naming, engine }
    }

    fn reader<'a>(&'a self, token: &'a SecretValue) -> Reader<'a> {
        Reader { wire: &self.wire, engine: &self.engine, naming: &self.naming, token }
    }

    /// Reads one path for all addresses that lie in it.
    async fn read_path(&self, path: &str, addresses: &[&Address]) -> Result<Vec<Answer>> {
        let token = self.session.token().await?;
        let secret = self.reader(&token).read(path).await?;
        addresses
            .iter()
            .map(|address| match &secret {
                Secret::Missing(why) => Ok(Answer::Missing(why.clone())),
                Secret::Found(found) => {
                    let (_, pick) = self.naming.place(address);
                    Ok(values::choose(address.as_str(), &found.fields()?, &pick))
                }
            })
            .collect()
    }
}

#[async_trait]
impl SecretStore for VaultStore {
    fn location(&self) -> String {
        format!("{}, {}", self.wire.location(), self.naming.shown())
    }

    fn capabilities(&self) -> StoreCapabilities {
        // The names of paths say nothing of their fields, and those of deleted secrets are listed too.
        let mut capabilities = StoreCapabilities::default();
        capabilities.names_prove_presence = matches!(self.naming.listing(), Some(Listing::Fields { .. }));
        capabilities
    }

    fn address(&self, wanted: &Wanted) -> Result<Address> {
        self.naming.address(wanted)
    }

    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>> {
        let mut by_path: BTreeMap<String, Vec<Address>> = BTreeMap::new();
        for address in addresses {
            by_path.entry(self.naming.place(address).0).or_default().push(address.clone());
        }
        by_path.into_values().collect()
    }

    async fn open(&self) -> Result<()> {
        let token = self.session.token().await?;
        self.engine.version(&self.wire, &token).await.map(drop)
    }

    async fn read(&self, addresses: &[Address]) -> Vec<Answer> {
        // One path in a group; the paths of a group of several, which `reads` never makes, are read in turn.
        let mut by_path: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
        for address in addresses {
            by_path.entry(self.naming.place(address).0).or_default().push(address);
        }
        let mut answers: BTreeMap<&Address, Answer> = BTreeMap::new();
        for (path, group) in by_path {
            match self.read_path(&path, &group).await {
                Ok(read) => answers.extend(group.into_iter().zip(read)),
                Err(error) => {
                    answers.extend(group.into_iter().map(|address| (address, Answer::Failed(error.clone()))));
                }
            }
        }
        addresses.iter().map(|address| answers[address].clone()).collect()
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        let Some(listing) = self.naming.listing() else { return Ok(None) };
        let token = self.session.token().await?;
        let (names, start) = match listing {
            Listing::Folder { folder, start } => (self.reader(&token).folder(folder).await?, start),
            Listing::Fields { path, start } => (self.reader(&token).field_names(path).await?, start),
        };
        let below =
            |name: &String| name.strip_prefix(start).filter(|name| !name.is_empty()).map(SecretName::new);
        Ok(names.map(|names| names.iter().filter_map(below).collect()))
    }

    async fn close(&self) -> Result<()> {
        self.session.close().await
    }
}
