//! A fake Key Vault, and stores that read from it.

use std::sync::Arc;

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::SecretStore;
use deployer_store_azure::AZURE;
use deployer_testkit::azure::FakeKeyVault;
use deployer_testkit::server::Server;

/// The application that the fake knows, and its secret.
pub(crate) const CLIENT: &str = "c1ie0000-0000-4000-8000-000000000001";
pub(crate) const SECRET: &str = "known-client-secret-0001";

/// A fake Key Vault behind TLS that knows one application.
pub(crate) struct World {
    pub(crate) vault: FakeKeyVault,
    pub(crate) server: Server,
    pub(crate) context: Context,
}

impl World {
    pub(crate) fn new() -> Self {
        let vault = FakeKeyVault::new();
        vault.application(CLIENT, SECRET);
        let server = Server::https(vault.router());
        let mut context = Context::new("test");
        context.variables = [("SECRET", SECRET), ("WRONG", "wrong-client-secret-0001")].into_iter().collect();
        Self { vault, server, context }
    }

    /// The login with the secret of a variable.
    pub(crate) fn by_secret(variable: &str) -> String {
        let tenant = FakeKeyVault::TENANT;
        format!(
            "login = {{ client_secret = {{ tenant = \"{tenant}\", client_id = \"{CLIENT}\", secret = {{ env = \"{variable}\" }} }} }}"
        )
    }

    /// A store of these settings.
    pub(crate) fn try_store(&self, settings: &[&str]) -> Result<Arc<dyn SecretStore>> {
        build(&self.settings(settings), &self.context)
    }

    /// The settings file of a store.
    pub(crate) fn settings(&self, settings: &[&str]) -> String {
        let ca_file = self.server.ca_file().expect("HTTPS has an authority").display();
        let http = format!("http = {{ ca_file = \"{ca_file}\" }}");
        settings_at(&self.server.url(""), &[&[http.as_str()], settings].concat())
    }

    /// A store of these settings, which can be used.
    pub(crate) fn store_with(&self, settings: &[&str]) -> Arc<dyn SecretStore> {
        self.try_store(settings).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// A store that logs in with the application's secret, and these settings.
    pub(crate) fn store(&self, settings: &[&str]) -> Arc<dyn SecretStore> {
        let login = Self::by_secret("SECRET");
        self.store_with(&[&[login.as_str()], settings].concat())
    }

    /// How often the vault was asked for something that starts with a path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.server.log().matching("GET", path).len()
    }
}

/// The settings file of a store at an address that gives out tokens too.
pub(crate) fn settings_at(address: &str, settings: &[&str]) -> String {
    format!("address = \"{address}\"\nauthority = \"{address}\"\n{}\n", settings.join("\n"))
}

/// A store of a whole settings file.
pub(crate) fn build(text: &str, context: &Context) -> Result<Arc<dyn SecretStore>> {
    let source = SourceText::new("deployer.toml", text);
    let Build::Store(build) = AZURE.build else { panic!("azure is a store") };
    build(Section::parse("stores.main", &source).expect("TOML"), context)
}
