//! A fake Secret Manager, and stores that read from it.

use std::sync::Arc;

use deployer_core::Result;
use deployer_core::traits::SecretStore;
use deployer_store_gcp::GCP;
use deployer_testkit::gcp::FakeSecretManager;
use deployer_testkit::server::Server;

pub(crate) const ACCOUNT: &str = "deployer@team-test.iam.gserviceaccount.com";
pub(crate) const PROVIDER: &str =
    "projects/123456789012/locations/global/workloadIdentityPools/pool/providers/github";
pub(crate) const IDENTITY: &str = "eyJhbGciOiJub25lIn0.identity-token-0001.x";

/// A fake Secret Manager behind TLS that knows one service account.
pub(crate) struct World {
    pub(crate) manager: FakeSecretManager,
    pub(crate) server: Server,
    /// The text of the account's key file.
    pub(crate) key: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let manager = FakeSecretManager::new();
        let server = Server::https(manager.router());
        let key = manager.service_account(ACCOUNT, &server.url(""));
        Self { manager, server, key }
    }

    /// The settings of a store, with these before and after the address.
    pub(crate) fn settings(&self, settings: &[&str]) -> String {
        let ca_file = self.server.ca_file().expect("HTTPS has an authority").display();
        settings_at(
            &self.server.url(""),
            &[&[format!("http.ca_file = \"{ca_file}\"").as_str()], settings].concat(),
        )
    }

    /// A store of these settings.
    pub(crate) fn try_store(
        &self,
        settings: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Arc<dyn SecretStore>> {
        deployer_testkit::build(&GCP, &self.settings(settings), variables)
    }

    /// A store that logs in with the key of the account.
    pub(crate) fn store(&self, settings: &[&str]) -> Arc<dyn SecretStore> {
        let settings = [&[BY_KEY], settings].concat();
        self.try_store(&settings, &[("KEY", &self.key)]).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// The number of requests to paths that start with a text.
    pub(crate) fn asked(&self, method: &str, path: &str) -> usize {
        self.server.log().matching(method, path).len()
    }
}

/// The login with the key of an account.
pub(crate) const BY_KEY: &str = "login.service_account_key = { env = \"KEY\" }";

/// The settings of a store at an address.
pub(crate) fn settings_at(address: &str, settings: &[&str]) -> String {
    let project = FakeSecretManager::PROJECT;
    format!("project = \"{project}\"\naddress = \"{address}\"\n{}\n", settings.join("\n"))
}
