//! The suite that every store passes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployer_core::async_trait;
use deployer_core::traits::SecretStore;
use deployer_store_gcp::GCP;
use deployer_testkit::contract::{Breakable, StoreLimit, StoreRig, Support, Trouble, secret_store_contract};
use deployer_testkit::gcp::FakeSecretManager;
use deployer_testkit::server::{Rule, Server};
use serde_json::Value;

use super::world::{ACCOUNT, BY_KEY, settings_at};

/// A fake Secret Manager that can be in trouble.
struct Rig {
    manager: FakeSecretManager,
    breakable: Breakable,
    key: String,
    /// The key of an account that was deleted.
    stale: String,
    trouble: Mutex<Option<Trouble>>,
}

impl Rig {
    fn new() -> Self {
        let manager = FakeSecretManager::new();
        let breakable = Breakable::new(Server::https(manager.router()));
        let stale = manager.service_account(ACCOUNT, &breakable.url(""));
        let key = manager.service_account(ACCOUNT, &breakable.url(""));
        Self { manager, breakable, key, stale, trouble: Mutex::default() }
    }

    fn current(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deny_the_denied(&self) {
        self.manager.permit_all();
        self.manager.deny("contract-denied");
    }

    /// The key, with the address that the server has now.
    fn key(&self, text: &str) -> String {
        let mut key: Value = serde_json::from_str(text).expect("a key file");
        key["token_uri"] = format!("{}/token", self.breakable.url("")).into();
        key.to_string()
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let trouble = *self.current();
        let key = self.key(if trouble == Some(Trouble::Unauthenticated) { &self.stale } else { &self.key });
        let ca_file = self.breakable.server().ca_file().expect("HTTPS has an authority").display();
        let seconds = if trouble == Some(Trouble::Silent) { 1 } else { 60 };
        let http = format!("http = {{ ca_file = \"{ca_file}\", timeout_seconds = {seconds} }}");
        let text = settings_at(&self.breakable.url(""), &[BY_KEY, &http]);
        deployer_testkit::build(&GCP, &text, &[("KEY", &key)]).unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        vec![(
            StoreLimit::Revocation,
            "Google expires access tokens and doesn't revoke those of service accounts",
        )]
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        for (name, value) in secrets {
            self.manager.put(name, value);
        }
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        assert_eq!(name, "contract-denied", "the one name that the suite denies");
        self.deny_the_denied();
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        *self.current() = Some(trouble);
        match trouble {
            Trouble::Unauthenticated => Ok(()),
            Trouble::Denied => {
                self.manager.deny("*");
                self.manager.deny_lists(true);
                Ok(())
            }
            trouble => self.breakable.trouble(trouble, Rule::any()),
        }
    }

    fn mend(&self) {
        *self.current() = None;
        self.deny_the_denied();
        self.manager.deny_lists(false);
        self.breakable.mend();
    }

    fn requests(&self) -> Option<usize> {
        Some(self.breakable.server().log().entries().len())
    }

    fn logins(&self) -> Option<usize> {
        Some(self.manager.issued_tokens().len())
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn credentials(&self) -> Vec<String> {
        let keys = [&self.key, &self.stale].map(|text| {
            let key: Value = serde_json::from_str(text).expect("a key file");
            key["private_key"].as_str().expect("a text").lines().nth(1).expect("PEM").to_owned()
        });
        self.manager.issued_tokens().into_iter().map(|issued| issued.token).chain(keys).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_passes_the_suite_of_all_stores() {
    secret_store_contract(&Rig::new()).await;
}
