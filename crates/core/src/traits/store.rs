//! Where secret values are read from.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{Error, Note, Result};
use crate::model::{NodeName, SecretName};
use crate::secret::SecretValue;

/// A secret that a node needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct WantedSecret {
    /// The name inside `$SECRET(name)`.
    pub name: SecretName,
    /// The node whose configuration uses it.
    pub node: NodeName,
}

impl WantedSecret {
    /// A secret of a node.
    pub fn new(name: SecretName, node: NodeName) -> Self {
        Self { name, node }
    }
}

/// The place of a secret in a store, in the store's own notation and free of credentials: `sesam/db-password#value`.
///
/// It is a key and a text for people. The runner reads each address once, however many nodes use it. No code parses it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretAddress(Arc<str>);

impl SecretAddress {
    /// An address from its text.
    pub fn new(address: impl Into<Arc<str>>) -> Self {
        Self(address.into())
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Debug for SecretAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The answer of a store for one secret.
///
/// A plugin makes it with [`Self::found`], [`Self::missing`] or [`Self::failed`].
#[derive(Debug, Clone)]
pub enum SecretAnswer {
    /// The secret exists. The runner warns about an empty value; the store doesn't.
    #[non_exhaustive]
    Found {
        /// Its value.
        value: SecretValue,
        /// Remarks about it, such as its expiry.
        notes: Vec<Note>,
    },
    /// The store proved that the secret doesn't exist. The runner then tries the node's next store.
    #[non_exhaustive]
    Missing {
        /// Details if the store has them: deleted at a time, a version destroyed.
        why: Option<String>,
    },
    /// The store couldn't find out: access denied, service unreachable, unexpected answer. Never a form of "missing".
    Failed(Error),
}

impl SecretAnswer {
    /// The secret exists and has this value.
    pub fn found(value: SecretValue) -> Self {
        Self::Found { value, notes: Vec::new() }
    }

    /// The secret doesn't exist. Return this only for an answer that the service itself gives for a missing secret: a 404 can
    /// also come from a proxy or a wrong base path.
    pub fn missing() -> Self {
        Self::Missing { why: None }
    }

    /// The secret doesn't exist, with a reason that helps a person: `it was deleted at 2026-01-02`.
    pub fn missing_because(why: impl Into<String>) -> Self {
        Self::Missing { why: Some(why.into()) }
    }

    /// The secret couldn't be read.
    pub fn failed(error: Error) -> Self {
        Self::Failed(error)
    }

    /// Adds a remark to a secret that was found. Other answers stay as they are.
    #[must_use]
    pub fn with_note(mut self, note: Note) -> Self {
        if let Self::Found { notes, .. } = &mut self {
            notes.push(note);
        }
        self
    }
}

/// One answer for each secret of a [`SecretRead`].
pub type SecretAnswers = BTreeMap<WantedSecret, SecretAnswer>;

/// The abilities of a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCapabilities {
    /// [`SecretStore::names`] lists exactly the secrets that exist, so that `check` needs no values.
    pub names_prove_presence: bool,
}

impl StoreCapabilities {
    /// Sets [`Self::names_prove_presence`].
    #[must_use]
    pub fn with_names_prove_presence(mut self, proves: bool) -> Self {
        self.names_prove_presence = proves;
        self
    }
}

/// A service or file that stores secrets.
///
/// # Contract
///
/// - **The calls of a run.** The runner calls [`Self::address`] for every secret, then [`Self::open`] at least once, then
///   [`Self::names`] or the reads of [`Self::reads`], and [`Self::close`] once at the end, also after a failure or an
///   interruption. Calls other than `close` can run concurrently.
/// - **Purity.** [`Self::location`], [`Self::capabilities`], [`Self::address`] and [`Self::reads`] do no I/O, and return the same
///   result for the same arguments.
/// - **One login.** However many calls start together, the store logs in once. A read before `open` logs in by itself. If the
///   login is rejected, `open` returns that error, or all reads return equal errors: the runner reports equal errors once.
/// - **Dropped futures.** The runner can drop any future at any await: on a timeout, or when a person interrupts the run. The next
///   call must work as if the dropped one had never started, and `close` must still revoke a token that a dropped call created.
/// - **Retries.** The store sends each request once and sets [`Error::retry`](crate::Error::retry). The runner repeats: `open` and
///   `names` as a whole; of a read, only secrets whose answer failed with a retry, by asking [`Self::reads`] again for them.
/// - **Time.** An attempt of any call has the read timeout of the run [default: 120 seconds]. `close` has one second.
/// - **Secrecy.** No secret value, token or password appears in `Debug`, in `location`, in an address, in an error or in a note.
///
/// The suite `secret_store_contract` of `deployer-testkit` tests these rules.
///
/// # Example
///
/// A store whose secrets are in memory:
///
/// ```
/// use std::collections::BTreeMap;
///
/// use async_trait::async_trait;
/// use deployer_core::model::{NodeName, SecretName};
/// use deployer_core::traits::{
///     SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
/// };
/// use deployer_core::{Result, SecretValue};
///
/// #[derive(Debug)]
/// struct Memory(BTreeMap<SecretName, SecretValue>);
///
/// #[async_trait]
/// impl SecretStore for Memory {
///     fn location(&self) -> String {
///         "memory".to_owned()
///     }
///
///     fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
///         Ok(SecretAddress::new(secret.name.as_str()))
///     }
///
///     fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
///         let read = |secret: &WantedSecret| -> Box<dyn SecretRead + 'a> {
///             Box::new(ReadOne { store: self, secret: secret.clone() })
///         };
///         Ok(secrets.iter().map(read).collect())
///     }
/// }
///
/// /// Reads one secret. A service that answers several at once has a read with several.
/// struct ReadOne<'a> {
///     store: &'a Memory,
///     secret: WantedSecret,
/// }
///
/// #[async_trait]
/// impl SecretRead for ReadOne<'_> {
///     fn secrets(&self) -> Vec<&WantedSecret> {
///         vec![&self.secret]
///     }
///
///     async fn execute(&self) -> Result<SecretAnswers> {
///         let answer = match self.store.0.get(&self.secret.name) {
///             Some(value) => SecretAnswer::found(value.clone()),
///             None => SecretAnswer::missing(),
///         };
///         Ok(SecretAnswers::from([(self.secret.clone(), answer)]))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = Memory(BTreeMap::from([(SecretName::new("db"), SecretValue::new("hunter2"))]));
/// let secret = WantedSecret::new(SecretName::new("db"), NodeName::master());
/// let reads = store.reads(&[secret.clone()])?;
/// let answers = reads[0].execute().await?;
/// assert!(matches!(&answers[&secret], SecretAnswer::Found { .. }));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait SecretStore: Debug + Send + Sync + 'static {
    /// The place that it reads from, for messages: `Vault at https://vault.example.com, secret/sesam/`.
    fn location(&self) -> String;

    /// Its abilities beyond reading.
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::default()
    }

    /// The place of a secret. Two different secrets of the store have two different addresses.
    ///
    /// # Errors
    /// `Verification` if the store can't have a secret of that name.
    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress>;

    /// Plans the requests that read secrets: each secret is in exactly one read, and each read sends one request where the
    /// service allows it. The runner passes secrets with different addresses, all of which [`Self::address`] accepted.
    ///
    /// # Errors
    /// As [`Self::address`].
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>>;

    /// Logs in. A second call does nothing.
    ///
    /// # Errors
    /// `Unauthenticated` or `Denied` for a rejected login; else classified.
    async fn open(&self) -> Result<()> {
        Ok(())
    }

    /// Checks what all reads depend on, such as the version of an engine. The runner calls it after [`Self::open`], at the same time as the
    /// first reads. Its failure is one error for the whole store.
    ///
    /// # Errors
    /// Classified.
    async fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Lists the secrets that exist, to suggest the nearest name for a missing one. `None` if the store can't list, or the
    /// credentials don't permit it.
    ///
    /// # Errors
    /// Failures that a person must see: the runner reports them as a warning.
    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        Ok(None)
    }

    /// Revokes credentials that the store created for this run, such as a token. The runner calls it once and gives it one
    /// second.
    ///
    /// # Errors
    /// The runner reports them as a warning.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// One request for one or several secrets. [`SecretStore::reads`] makes it with everything that it needs.
#[async_trait]
pub trait SecretRead: Send + Sync {
    /// The secrets that it answers, at least one.
    fn secrets(&self) -> Vec<&WantedSecret>;

    /// Sends the request. The runner can execute a read again after it failed, timed out or was dropped.
    ///
    /// # Errors
    /// A failure of the whole request. It counts for every secret of the read; a failure of one secret is
    /// [`SecretAnswer::Failed`].
    async fn execute(&self) -> Result<SecretAnswers>;
}
