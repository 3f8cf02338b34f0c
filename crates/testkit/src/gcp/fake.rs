//! The fake as tests see it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData};
use serde_json::json;

use super::secrets;
use super::state::{IssuedToken, State};

/// The fake; clones share its state.
#[derive(Debug, Clone, Default)]
pub struct FakeSecretManager {
    state: Arc<Mutex<State>>,
}

impl FakeSecretManager {
    /// The ID of the project.
    pub const PROJECT: &str = "team-test";

    /// The number of the project, which its answers contain.
    pub const PROJECT_NUMBER: &str = secrets::PROJECT_NUMBER;

    /// An empty project that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a service account, and returns the text of a key file for it. `origin` is the address that this fake is served at.
    pub fn service_account(&self, email: &str, origin: &str) -> String {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("the provider makes RSA keys");
        self.lock().accounts.insert(email.to_owned(), key.der_bytes().to_vec());
        json!({
            "type": "service_account", "project_id": Self::PROJECT, "private_key_id": "0123456789abcdef",
            "private_key": key.serialize_pem(), "client_email": email, "client_id": "100000000000000000000",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": format!("{origin}/token"),
            "universe_domain": "googleapis.com",
        })
        .to_string()
    }

    /// Lets a provider of a workload identity pool trust an identity token.
    pub fn provider(&self, provider: &str, identity_token: &str) {
        self.lock().providers.insert(provider.to_owned(), identity_token.to_owned());
    }

    /// Gives the machine a service account.
    pub fn machine(&self, email: &str) {
        self.lock().machine = Some(email.to_owned());
    }

    /// Writes a secret as a new version, and returns its number.
    pub fn put(&self, name: &str, value: &str) -> usize {
        self.put_bytes(name, value.as_bytes())
    }

    /// As [`Self::put`], for a value that is not text.
    pub fn put_bytes(&self, name: &str, value: &[u8]) -> usize {
        self.lock().secrets.put(None, name, value)
    }

    /// As [`Self::put`], for a regional secret.
    pub fn put_in(&self, location: &str, name: &str, value: &str) -> usize {
        self.lock().secrets.put(Some(location), name, value.as_bytes())
    }

    /// Gives a version of a secret another name.
    pub fn alias(&self, name: &str, alias: &str, version: usize) {
        self.lock().secrets.planted(name).aliases.insert(alias.to_owned(), version);
    }

    /// Disables the newest version of a secret.
    pub fn disable(&self, name: &str) {
        self.lock().secrets.planted(name).set("DISABLED");
    }

    /// Destroys the newest version of a secret.
    pub fn destroy(&self, name: &str) {
        self.lock().secrets.planted(name).set("DESTROYED");
    }

    /// Denies access to the secrets whose names fit a pattern (`*` stands for any characters).
    pub fn deny(&self, pattern: &str) {
        self.lock().denied.push(pattern.to_owned());
    }

    /// Denies to list secrets.
    pub fn deny_lists(&self, denied: bool) {
        self.lock().lists_denied = denied;
    }

    /// Permits again what [`Self::deny`] denied.
    pub fn permit_all(&self) {
        self.lock().denied.clear();
    }

    /// Switches the service off for the project, or on.
    pub fn disable_service(&self, disabled: bool) {
        self.lock().service_disabled = disabled;
    }

    /// Answers 401 to every token.
    pub fn accept_no_token(&self, none: bool) {
        self.lock().accepts_no_token = none;
    }

    /// The number of secrets on a page of a list [default: as many as the client asks for].
    pub fn page_size(&self, size: usize) {
        self.lock().page_size = Some(size);
    }

    /// The lifetime of tokens from now on, in seconds [default: 3599].
    pub fn lifetime(&self, seconds: u64) {
        self.lock().lifetime = Some(seconds);
    }

    /// All tokens ever issued, in order of issue.
    pub fn issued_tokens(&self) -> Vec<IssuedToken> {
        self.lock().issued.clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
