//! Where secret values are read from.

use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{Error, Note, Result};
use crate::model::{NodeName, SecretName};
use crate::secret::SecretValue;

/// A secret that a node needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wanted {
    /// The name inside `$SECRET(name)`.
    pub name: SecretName,
    /// The node that names it.
    pub node: NodeName,
}

/// Where a store keeps a secret, in the store's own words, free of credentials: `sesam/db-password#value`. Two nodes that want the
/// same address share one read.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Arc<str>);

impl Address {
    /// Takes an address as the store writes it.
    pub fn new(address: impl Into<Arc<str>>) -> Self {
        Self(address.into())
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// What a store says about one address.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It is there, with remarks about it (a field chosen among many, an empty value).
    Found(SecretValue, Vec<Note>),
    /// It is not there. The text says more where the store can tell (deleted at a time, a version destroyed).
    Missing(Option<String>),
    /// It could not be found out: not permitted, not reachable. Never a way to say "not there".
    Failed(Error),
}

/// What a store can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCapabilities {
    /// [`SecretStore::names`] proves that a secret is present.
    pub names_prove_presence: bool,
}

/// A service or file that holds secrets.
#[async_trait]
pub trait SecretStore: Debug + Send + Sync + 'static {
    /// Where it reads from, free of credentials.
    fn location(&self) -> String;

    /// What it can do, beyond reading.
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::default()
    }

    /// Where it keeps a secret. Pure: no I/O.
    ///
    /// # Errors
    /// `Verification` when the store cannot have a secret of that name.
    fn address(&self, wanted: &Wanted) -> Result<Address>;

    /// Groups addresses into reads: every address stands in exactly one group, and a group is one request to the service. Pure.
    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>>;

    /// Logs in. Idempotent and safe to call concurrently: however many callers start together, one login happens. [`Self::read`]
    /// calls it by itself where it has not been called.
    ///
    /// # Errors
    /// `Unauthenticated` or `Denied` for a bad login; else classified.
    async fn open(&self) -> Result<()> {
        Ok(())
    }

    /// Reads one group. The answers stand in the order of the addresses, one for each, each on its own.
    async fn read(&self, addresses: &[Address]) -> Vec<Answer>;

    /// The names of secrets that exist, to suggest the nearest one for a missing name; none when the store cannot or may not list.
    ///
    /// # Errors
    /// Only failures that a person should hear of; "not permitted" is `Ok(None)`.
    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        Ok(None)
    }

    /// Gives back what was created for this run, such as a token. Called once, at the end, also after a failure.
    ///
    /// # Errors
    /// Reported as a warning.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
