//! A fake Vault, and stores that read from it.

use std::sync::Arc;

use axum::Router;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::SecretStore;
use deployer_store_vault::VAULT;
use deployer_testkit::server::Server;
use deployer_testkit::vault::{FakeVault, KvVersion};

/// The token that is given to stores that do not log in.
pub(crate) const TOKEN: &str = "hvs.given-token-0001";
/// The GitHub token that the fake knows.
const GITHUB: &str = "ghp_known-token-0001";

pub(crate) const GIVEN: &str = "login = { token = { token = { env = \"TOKEN\" } } }";

/// A fake Vault with a key-value engine of version 2 at `secret`.
pub(crate) struct World {
    pub(crate) vault: FakeVault,
    pub(crate) server: Server,
    pub(crate) context: Context,
    /// The path of the address.
    base: &'static str,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::below("")
    }

    /// A Vault below a path, as behind a proxy.
    pub(crate) fn below(base: &'static str) -> Self {
        let vault = FakeVault::new();
        vault.mount("secret", KvVersion::Two);
        vault.plant_token(TOKEN);
        vault.github_user(GITHUB);
        let router = if base.is_empty() { vault.router() } else { Router::new().nest(base, vault.router()) };
        let server = Server::https(router);
        let mut context = Context::new("test");
        context.variables = [("TOKEN", TOKEN), ("GITHUB", GITHUB), ("WRONG", "ghp_wrong-token-0001")]
            .into_iter()
            .chain([("ROLE", "role-id-0001"), ("SECRET_ID", "secret-id-0001")])
            .collect();
        Self { vault, server, context, base }
    }

    /// A store of these settings at this Vault.
    pub(crate) fn store(&self, settings: &[&str]) -> Arc<dyn SecretStore> {
        self.store_at(&self.server.url(self.base), settings)
    }

    /// A store of these settings, `mount = "secret"` unless they say otherwise.
    pub(crate) fn store_at(&self, address: &str, settings: &[&str]) -> Arc<dyn SecretStore> {
        let mount =
            if settings.iter().any(|line| line.starts_with("mount")) { "" } else { "mount = \"secret\"" };
        let ca_file = self.server.ca_file().expect("HTTPS has an authority").display();
        let text = format!(
            "address = \"{address}\"\n{mount}\n{}\nhttp = {{ ca_file = \"{ca_file}\" }}\n",
            settings.join("\n"),
        );
        self.store_of(&text)
    }

    /// A store of a whole table.
    pub(crate) fn store_of(&self, text: &str) -> Arc<dyn SecretStore> {
        let source = SourceText::new("deployer.toml", text);
        let Build::Store(build) = VAULT.build else { panic!("vault is a store") };
        let section = Section::parse("stores.main", &source).expect("TOML");
        build(section, &self.context).unwrap_or_else(|error| panic!("{error:?}"))
    }
}
