//! The fake as tests see it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::state::{Application, IssuedToken, Network, Permission, State};

/// The fake; clones share its state.
#[derive(Debug, Clone, Default)]
pub struct FakeKeyVault {
    state: Arc<Mutex<State>>,
}

impl FakeKeyVault {
    /// The tenant that the vault belongs to, and every identity of this fake.
    pub const TENANT: &str = "5e5a0000-0000-4000-8000-000000000001";

    /// The service that tokens are for.
    pub const AUDIENCE: &str = "https://vault.azure.net";

    /// An empty vault that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets an application log in with a secret.
    pub fn application(&self, client_id: &str, secret: &str) {
        self.lock().applications.push(Application::with_secret(client_id, secret));
    }

    /// Lets an application log in with the token of another issuer.
    pub fn federated_application(&self, client_id: &str, token: &str) {
        self.lock().applications.push(Application::with_assertion(client_id, token));
    }

    /// Gives the machine an identity: one of its own without a client id, else one that was assigned to it.
    pub fn machine_identity(&self, client_id: Option<&str>) {
        self.lock().machine_identities.push(client_id.map(str::to_owned));
    }

    /// The value of `IDENTITY_HEADER`, without which `/msi/token` gives out nothing.
    pub fn identity_header(&self, value: &str) {
        self.lock().identity_header = Some(value.to_owned());
    }

    /// Lets Azure Pipelines vouch for the jobs that hold an access token, with a token that
    /// [`Self::federated_application`] may trust.
    pub fn service_connection(&self, id: &str, access_token: &str, token: &str) {
        let connection = [id, access_token, token].map(str::to_owned);
        self.lock().connections.push(connection);
    }

    /// Writes a secret as a new version, and returns the version.
    pub fn put(&self, name: &str, value: &str) -> String {
        self.lock().secrets.put(name, value)
    }

    /// Disables the newest version of a secret.
    pub fn disable(&self, name: &str) {
        self.lock().secrets.newest(name).enabled = false;
    }

    /// Lets the newest version of a secret end at a time in Unix seconds.
    pub fn expires(&self, name: &str, seconds: i64) {
        self.lock().secrets.newest(name).expires = Some(seconds);
    }

    /// Lets the newest version of a secret begin at a time in Unix seconds.
    pub fn starts(&self, name: &str, seconds: i64) {
        self.lock().secrets.newest(name).starts = Some(seconds);
    }

    /// Deletes a secret; it can be recovered for 90 days.
    pub fn delete(&self, name: &str) {
        self.lock().secrets.delete(name);
    }

    /// Refuses to read the secrets whose names fit a pattern (`*` stands for any characters).
    pub fn refuse(&self, pattern: &str, permission: Permission) {
        self.lock().refused.push((pattern.to_owned(), permission));
    }

    /// Permits again what [`Self::refuse`] and [`Self::refuse_lists`] refused.
    pub fn permit_all(&self) {
        let mut state = self.lock();
        state.refused.clear();
        state.lists_refused = None;
    }

    /// Refuses to list secrets.
    pub fn refuse_lists(&self, permission: Permission) {
        self.lock().lists_refused = Some(permission);
    }

    /// Where requests may come from; from anywhere as long as nothing is said.
    pub fn network(&self, network: Option<Network>) {
        self.lock().network = network;
    }

    /// Answers 401 to every token, as a vault of another tenant does.
    pub fn accept_no_token(&self, none: bool) {
        self.lock().accepts_no_token = none;
    }

    /// How many secrets a page of a list holds at most; 25 as long as nothing is said.
    pub fn page_size(&self, size: usize) {
        self.lock().page_size = size;
    }

    /// Lets lists go on at another address after the first page.
    pub fn next_link(&self, origin: &str) {
        self.lock().next_origin = Some(origin.to_owned());
    }

    /// All tokens ever issued, in order of issue.
    pub fn issued_tokens(&self) -> Vec<IssuedToken> {
        self.lock().issued.clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
