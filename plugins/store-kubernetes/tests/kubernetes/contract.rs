//! The suite that every store passes, with a Secret per secret and with one for all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployer_core::async_trait;
use deployer_core::traits::SecretStore;
use deployer_testkit::contract::{Breakable, StoreLimit, StoreRig, Support, Trouble, secret_store_contract};
use deployer_testkit::kubernetes::FakeKubernetes;
use deployer_testkit::server::{Rule, Server};

use super::world::{NAMESPACE, TOKEN, build};

const UNKNOWN: &str = "unknown-token-0001";

/// A fake API server that can be in trouble.
struct Rig {
    kubernetes: FakeKubernetes,
    breakable: Breakable,
    is_bundle: bool,
    trouble: Mutex<Option<Trouble>>,
}

impl Rig {
    fn new(is_bundle: bool) -> Self {
        let kubernetes = FakeKubernetes::new();
        kubernetes.token(TOKEN);
        let breakable = Breakable::new(Server::https(kubernetes.router()));
        Self { kubernetes, breakable, is_bundle, trouble: Mutex::default() }
    }

    fn current(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forbid_the_denied(&self) {
        self.kubernetes.permit_all();
        self.kubernetes.forbid("contract-denied");
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let trouble = *self.current();
        let token = if trouble == Some(Trouble::Unauthenticated) { UNKNOWN } else { TOKEN };
        let seconds = if trouble == Some(Trouble::Silent) { 1 } else { 60 };
        let naming = if self.is_bundle { "naming = \"bundle\"\npath = \"all\"" } else { "" };
        let text = format!(
            "namespace = \"{NAMESPACE}\"\n{naming}\nlogin.token.address = \"{}\"\n\
             login.token.token = {{ env = \"TOKEN\" }}\nhttp = {{ ca_file = {:?}, timeout_seconds = {seconds} }}\n",
            self.breakable.url(""),
            self.breakable.server().ca_file().expect("HTTPS has an authority"),
        );
        build(&text, &[("TOKEN", token)]).unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        let mut limits = vec![
            (StoreLimit::Logins, "each request has the token"),
            (StoreLimit::Revocation, "nothing is created"),
        ];
        if self.is_bundle {
            limits.push((StoreLimit::Denial, "Kubernetes has no access rules for single keys"));
        }
        limits
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        for (name, value) in secrets {
            match self.is_bundle {
                true => self.kubernetes.put(NAMESPACE, "all", name, value),
                false => self.kubernetes.put(NAMESPACE, name, "value", value),
            }
        }
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        if self.is_bundle {
            return Err("Kubernetes has no access rules for single keys");
        }
        assert_eq!(name, "contract-denied", "the one name that the suite denies");
        self.forbid_the_denied();
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        *self.current() = Some(trouble);
        match trouble {
            Trouble::Unauthenticated => Ok(()),
            Trouble::Denied => {
                self.kubernetes.forbid("*");
                self.kubernetes.forbid_lists(true);
                Ok(())
            }
            trouble => self.breakable.trouble(trouble, Rule::any()),
        }
    }

    fn mend(&self) {
        *self.current() = None;
        self.forbid_the_denied();
        self.kubernetes.forbid_lists(false);
        self.breakable.mend();
    }

    fn requests(&self) -> Option<usize> {
        Some(self.breakable.server().log().entries().len())
    }

    fn logins(&self) -> Option<usize> {
        None
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned(), UNKNOWN.to_owned()]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_per_name_passes_the_suite_of_all_stores() {
    secret_store_contract(&Rig::new(false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_passes_the_suite_of_all_stores() {
    secret_store_contract(&Rig::new(true)).await;
}
