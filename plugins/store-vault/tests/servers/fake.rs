//! The fake Vault of the test kit.

use async_trait::async_trait;
use deployer_testkit::server::Server;
use deployer_testkit::vault::{AuthMethod, FakeVault, KvVersion};
use serde_json::{Value, json};

use crate::backend::{Backend, Skip};

/// The fake, over plain HTTP as the real one.
pub(crate) struct Fake {
    pub(crate) vault: FakeVault,
    pub(crate) server: Server,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let vault = FakeVault::new();
        let server = Server::http(vault.router());
        Self { vault, server }
    }
}

#[async_trait]
impl Backend for Fake {
    fn address(&self) -> String {
        self.server.url("")
    }

    async fn mount(&self, path: &str, version: KvVersion) {
        self.vault.mount(path, version);
    }

    async fn put(&self, _: KvVersion, mount: &str, path: &str, fields: Value) {
        self.vault.put(mount, path, fields);
    }

    async fn delete(&self, mount: &str, path: &str) {
        self.vault.delete(mount, path);
    }

    async fn destroy_first(&self, mount: &str, path: &str) {
        self.vault.destroy(mount, path);
    }

    async fn deny(&self, path: &str) {
        self.vault.deny(path);
    }

    async fn seal(&self, sealed: bool) {
        self.vault.seal(sealed);
    }

    async fn token(&self) -> String {
        let token = "hvs.planted-token";
        self.vault.plant_token(token);
        token.to_owned()
    }

    async fn live_tokens(&self) -> usize {
        self.vault.live_tokens().len()
    }

    async fn renewals(&self) -> usize {
        let entries = self.server.log().entries();
        entries.iter().filter(|entry| entry.is("POST", "/v1/auth/token/renew-self")).count()
    }

    async fn user(&self, method: &str, mount: &str, name: &str, password: &str) -> Result<(), Skip> {
        let kind = match method {
            "ldap" => AuthMethod::Ldap,
            "radius" => AuthMethod::Radius,
            _ => AuthMethod::Userpass,
        };
        self.vault.mount_auth(mount, kind);
        self.vault.user(mount, name, password);
        Ok(())
    }

    async fn user_lifetime(&self, name: &str, password: &str, seconds: u64) {
        self.vault.mount_auth("userpass", AuthMethod::Userpass);
        self.vault.user("userpass", name, password);
        self.vault.token_lifetime(seconds);
    }

    async fn approle(&self, role_id: &str, secret_id: Option<&str>) {
        self.vault.approle(role_id, secret_id);
    }

    async fn wrapped_secret_id(&self) -> String {
        self.vault.approle("wrapped-role", Some("wrapped-secret-id"));
        let fields = json!({ "secret_id": "wrapped-secret-id", "secret_id_accessor": "a" });
        self.vault.wrap(fields.as_object().cloned().expect("an object"))
    }

    async fn github(&self, members: &[&str], others: &[&str]) {
        members.iter().for_each(|token| self.vault.github_user(token));
        others.iter().for_each(|token| self.vault.github_outsider(token));
    }

    async fn kubernetes(&self, role: &str) -> String {
        self.vault.mount_auth("kubernetes", AuthMethod::Kubernetes);
        self.vault.role("kubernetes", role, "service-account-token");
        "service-account-token".to_owned()
    }

    async fn jwt(&self, role: &str) -> String {
        self.vault.mount_auth("jwt", AuthMethod::Jwt);
        let token = "header.payload.signature-0001";
        self.vault.role("jwt", role, token);
        token.to_owned()
    }

    async fn aws(&self, role: &str, access_key: &str, _: &str) {
        self.vault.mount_auth("aws", AuthMethod::Aws);
        self.vault.role("aws", role, access_key);
    }
}
