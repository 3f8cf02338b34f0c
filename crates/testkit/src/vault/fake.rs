//! The fake as tests see it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::kv::{Engine, KvVersion};
use super::state::{AuthMethod, Known, State, Wrapped};
use super::tokens::IssuedToken;

/// The fake; clones share its state.
#[derive(Debug, Clone)]
pub struct FakeVault {
    state: Arc<Mutex<State>>,
}

impl FakeVault {
    /// An unsealed Vault with nothing mounted, the auth methods `github` and `approle`, and no users.
    pub fn new() -> Self {
        let vault = Self { state: Arc::default() };
        vault.mount_auth("github", AuthMethod::GitHub);
        vault.mount_auth("approle", AuthMethod::AppRole);
        vault
    }

    /// Mounts a KV engine; the path may hold slashes.
    pub fn mount(&self, path: &str, version: KvVersion) {
        self.lock().engines.insert(path.trim_matches('/').to_owned(), Engine::new(version));
    }

    /// Mounts a login method at a path below `auth/`, which may hold slashes.
    pub fn mount_auth(&self, path: &str, method: AuthMethod) {
        self.lock().auth_methods.insert(path.trim_matches('/').to_owned(), method);
    }

    /// Writes a secret, as a new version where the engine keeps versions.
    ///
    /// # Panics
    /// When nothing is mounted there, or the fields are no JSON object.
    pub fn put(&self, mount: &str, path: &str, fields: Value) {
        let Value::Object(fields) = fields else { panic!("the fields of {mount}/{path} are no object") };
        self.engine(mount, |engine| engine.put(path, fields));
    }

    /// Deletes the newest version of a secret; its metadata stays. In KV version 1 the secret is gone.
    pub fn delete(&self, mount: &str, path: &str) {
        self.engine(mount, |engine| engine.delete(path));
    }

    /// Destroys the newest version of a secret of KV version 2 for good; its metadata stays.
    pub fn destroy(&self, mount: &str, path: &str) {
        self.engine(mount, |engine| engine.destroy(path));
    }

    /// Answers 403 to every request whose path below `/v1/` fits a pattern (`*` stands for any characters), and
    /// `deny` when asked for the capabilities of such a path.
    pub fn deny(&self, pattern: &str) {
        self.lock().denied.push(pattern.to_owned());
    }

    /// Makes a token that no login issued, such as one that a user passes in. It does not count as live.
    pub fn plant_token(&self, token: &str) {
        self.lock().tokens.plant(token);
    }

    /// Lets the holder of a GitHub token log in.
    pub fn github_user(&self, github_token: &str) {
        self.lock().github.push(github_token.to_owned());
    }

    /// Knows a GitHub token whose owner is not in the organisation.
    pub fn github_outsider(&self, github_token: &str) {
        self.lock().github_outsiders.push(github_token.to_owned());
    }

    /// Lets a user of a mounted method log in with a password.
    pub fn user(&self, mount: &str, name: &str, password: &str) {
        self.lock().users.insert((mount.to_owned(), name.to_owned()), password.to_owned());
    }

    /// Lets a role of a mounted method accept a credential: an identity token, or the access key of a signed question to AWS.
    pub fn role(&self, mount: &str, role: &str, credential: &str) {
        let (mount, role, credential) = (mount.to_owned(), role.to_owned(), credential.to_owned());
        self.lock().identities.push(Known { mount, role, credential });
    }

    /// Makes an AppRole; without a secret id the role id alone logs in.
    pub fn approle(&self, role_id: &str, secret_id: Option<&str>) {
        self.lock().approles.insert(role_id.to_owned(), secret_id.map(str::to_owned));
    }

    /// Issues later logins as batch tokens, which can be neither renewed nor revoked.
    pub fn issue_batch_tokens(&self) {
        self.lock().tokens.batch = true;
    }

    /// How long issued tokens live, in seconds; 2,764,800 (32 days) as long as nothing else is said.
    pub fn token_lifetime(&self, seconds: u64) {
        self.lock().tokens.lifetime = seconds;
    }

    /// Wraps fields, such as `secret_id`, and returns the wrapping token. It can be unwrapped once.
    pub fn wrap(&self, fields: Map<String, Value>) -> String {
        self.lock().wrap(Wrapped::Data(fields))
    }

    /// Wraps a login: unwrapping issues a token, answered in `auth`.
    pub fn wrap_login(&self) -> String {
        self.lock().wrap(Wrapped::Login)
    }

    /// Seals or unseals; a sealed Vault answers 503 everywhere.
    pub fn seal(&self, sealed: bool) {
        self.lock().sealed = sealed;
    }

    /// Tokens issued by logins and not yet revoked, in order of issue: empty when a client tidied up.
    pub fn live_tokens(&self) -> Vec<IssuedToken> {
        self.lock().tokens.live()
    }

    /// All tokens ever issued by logins, in order of issue.
    pub fn issued_tokens(&self) -> Vec<IssuedToken> {
        self.lock().tokens.issued()
    }

    /// Path below `/v1/` and `X-Vault-Namespace` of every request, in order of arrival.
    pub fn namespaces(&self) -> Vec<(String, Option<String>)> {
        self.lock().namespaces.clone()
    }

    fn engine(&self, mount: &str, change: impl FnOnce(&mut Engine)) {
        let mut state = self.lock();
        match state.engines.get_mut(mount.trim_matches('/')) {
            Some(engine) => change(engine),
            None => {
                drop(state);
                panic!("nothing is mounted at {mount}");
            }
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FakeVault {
    fn default() -> Self {
        Self::new()
    }
}
