//! A fake API server, and stores that read from it.

use std::sync::Arc;

use deployer_core::Result;
use deployer_core::traits::SecretStore;
use deployer_store_kubernetes::KUBERNETES;
use deployer_testkit::kubernetes::FakeKubernetes;
use deployer_testkit::server::Server;

pub(crate) const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.service-account-0001.x";
pub(crate) const NAMESPACE: &str = "sesam";

/// A fake API server that knows one token.
pub(crate) struct World {
    pub(crate) kubernetes: FakeKubernetes,
    pub(crate) server: Server,
}

impl World {
    pub(crate) fn new() -> Self {
        let kubernetes = FakeKubernetes::new();
        kubernetes.token(TOKEN);
        let server = Server::https(kubernetes.router());
        Self { kubernetes, server }
    }

    /// A store with a token, and these settings.
    pub(crate) fn store(&self, settings: &[&str]) -> Arc<dyn SecretStore> {
        let ca_file = self.server.ca_file().expect("HTTPS has an authority").display();
        let text = format!(
            "namespace = \"{NAMESPACE}\"\nhttp.ca_file = \"{ca_file}\"\nlogin.token.address = \"{}\"\n\
             login.token.token = {{ env = \"TOKEN\" }}\n{}\n",
            self.server.url(""),
            settings.join("\n")
        );
        build(&text, &[("TOKEN", TOKEN)]).unwrap_or_else(|error| panic!("{error:?}"))
    }
}

/// A store of a whole settings file.
pub(crate) fn build(settings: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn SecretStore>> {
    deployer_testkit::build(&KUBERNETES, settings, variables)
}
