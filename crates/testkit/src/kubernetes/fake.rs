//! The fake as tests see it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The data of a Secret, by key.
pub(super) type Data = BTreeMap<String, Vec<u8>>;

/// What the fake remembers.
#[derive(Debug, Default)]
pub(super) struct State {
    /// By namespace and name.
    pub(super) secrets: BTreeMap<(String, String), Data>,
    pub(super) tokens: Vec<String>,
    pub(super) certificates: bool,
    pub(super) forbidden: Vec<String>,
    pub(super) lists_forbidden: bool,
}

/// The fake; clones share its state.
#[derive(Debug, Clone, Default)]
pub struct FakeKubernetes {
    state: Arc<Mutex<State>>,
}

impl FakeKubernetes {
    /// An empty cluster that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows a token.
    pub fn token(&self, token: &str) {
        self.lock().tokens.push(token.to_owned());
    }

    /// Knows nobody by a token any more.
    pub fn forget_tokens(&self) {
        self.lock().tokens.clear();
    }

    /// Knows everybody who reaches it without a token: the server verified a client certificate.
    pub fn accept_certificates(&self) {
        self.lock().certificates = true;
    }

    /// Sets a key of a Secret, which is created if it doesn't exist.
    pub fn put(&self, namespace: &str, name: &str, key: &str, value: impl AsRef<[u8]>) {
        let place = (namespace.to_owned(), name.to_owned());
        self.lock().secrets.entry(place).or_default().insert(key.to_owned(), value.as_ref().to_vec());
    }

    /// Forbids to read the Secrets whose names fit a pattern (`*` stands for any characters).
    pub fn forbid(&self, pattern: &str) {
        self.lock().forbidden.push(pattern.to_owned());
    }

    /// Forbids to list Secrets.
    pub fn forbid_lists(&self, forbidden: bool) {
        self.lock().lists_forbidden = forbidden;
    }

    /// Permits again what [`Self::forbid`] forbade.
    pub fn permit_all(&self) {
        self.lock().forbidden.clear();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
