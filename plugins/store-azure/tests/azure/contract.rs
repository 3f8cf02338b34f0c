//! The suite that every store passes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deployer_core::plugin::Context;
use deployer_core::traits::SecretStore;
use deployer_testkit::azure::{FakeKeyVault, Permission};
use deployer_testkit::contract::{Breakable, StoreLimit, StoreRig, Support, Trouble, secret_store_contract};
use deployer_testkit::server::{Rule, Server};

use super::world::{CLIENT, SECRET, World, build, settings_at};

const WRONG: &str = "wrong-client-secret-0001";

/// A fake Key Vault that can be in trouble.
struct Rig {
    vault: FakeKeyVault,
    breakable: Breakable,
    context: Context,
    trouble: Mutex<Option<Trouble>>,
}

impl Rig {
    fn new() -> Self {
        let vault = FakeKeyVault::new();
        vault.application(CLIENT, SECRET);
        let breakable = Breakable::new(Server::https(vault.router()));
        let mut context = Context::new("test");
        context.variables = [("SECRET", SECRET), ("WRONG", WRONG)].into_iter().collect();
        Self { vault, breakable, context, trouble: Mutex::default() }
    }

    fn current(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_denied(&self) {
        self.vault.permit_all();
        self.vault.refuse("contract-denied", Permission::Role);
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let trouble = *self.current();
        let login =
            World::by_secret(if trouble == Some(Trouble::Unauthenticated) { "WRONG" } else { "SECRET" });
        let ca_file = self.breakable.server().ca_file().expect("HTTPS has an authority").display();
        let seconds = if trouble == Some(Trouble::Silent) { 1 } else { 60 };
        let http = format!("http = {{ ca_file = \"{ca_file}\", timeout_seconds = {seconds} }}");
        let text = settings_at(&self.breakable.url(""), &[&login, &http]);
        build(&text, &self.context).unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        for (name, value) in secrets {
            self.vault.put(name, value);
        }
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        assert_eq!(name, "contract-denied", "the one name that the suite denies");
        self.refuse_denied();
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        *self.current() = Some(trouble);
        match trouble {
            Trouble::Unauthenticated => Ok(()),
            Trouble::Denied => {
                self.vault.refuse("*", Permission::Role);
                Ok(())
            }
            trouble => self.breakable.trouble(trouble, Rule::any()),
        }
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        vec![(StoreLimit::Revocation, "tokens of Entra ID can't be revoked")]
    }

    fn requests(&self) -> Option<usize> {
        Some(self.breakable.server().log().entries().len())
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn mend(&self) {
        *self.current() = None;
        self.refuse_denied();
        self.breakable.mend();
    }

    fn logins(&self) -> Option<usize> {
        Some(self.vault.issued_tokens().len())
    }

    fn credentials(&self) -> Vec<String> {
        let tokens = self.vault.issued_tokens().into_iter().map(|issued| issued.token);
        tokens.chain([SECRET.to_owned(), WRONG.to_owned()]).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_passes_the_suite_of_all_stores() {
    secret_store_contract(&Rig::new()).await;
}
