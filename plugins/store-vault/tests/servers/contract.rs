//! The contract that every store passes: both engines, named in two ways, over the fake and over the real server.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deployer_core::traits::SecretStore;
use deployer_testkit::contract::{Breakable, StoreLimit, StoreRig, Support, Trouble, secret_store_contract};
use deployer_testkit::server::{Answer, Rule, Server};
use deployer_testkit::services::{forward, vault::AuditLog};
use deployer_testkit::vault::KvVersion;
use serde_json::{Map, Value, json};

use crate::backend::{Backend, at};
use crate::fake::Fake;
use crate::real::Real;

const PASSWORD: &str = "contract-password";
const MOUNT: &str = "team/kv";
const LOGIN: &str = "auth/userpass/login/contract";
const REVOKE: &str = "auth/token/revoke-self";

/// What counts logins and revocations.
enum Count {
    Fake(Server),
    Audit(AuditLog),
}

/// A Vault behind a proxy that gets into trouble.
struct Rig {
    backend: Box<dyn Backend>,
    proxy: Breakable,
    count: Count,
    version: KvVersion,
    is_bundle: bool,
    bundle: Mutex<Map<String, Value>>,
    trouble: Mutex<Option<Trouble>>,
}

impl Rig {
    async fn new(
        backend: Box<dyn Backend>,
        server: Server,
        count: Count,
        version: KvVersion,
        is_bundle: bool,
    ) -> Self {
        backend.mount(MOUNT, version).await;
        backend.user("userpass", "userpass", "contract", PASSWORD).await.expect("Vault's own users");
        let (proxy, bundle, trouble) = (Breakable::new(server), Mutex::default(), Mutex::default());
        Self { backend, proxy, count, version, is_bundle, bundle, trouble }
    }

    fn now(&self) -> Option<Trouble> {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted(&self, path: &str) -> usize {
        match &self.count {
            Count::Fake(server) => {
                let path = format!("/v1/{path}");
                let entries = server.log().entries();
                entries
                    .iter()
                    .filter(|entry| {
                        entry.is("POST", &path) && entry.status.is_some_and(|status| status < 300)
                    })
                    .count()
            }
            Count::Audit(log) => {
                log.requests().iter().filter(|asked| asked.path == path && !asked.failed).count()
            }
        }
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let password = if self.now() == Some(Trouble::Unauthenticated) { "wrong-password" } else { PASSWORD };
        let patience =
            if self.now() == Some(Trouble::Silent) { "http = { timeout_seconds = 1 }" } else { "" };
        let naming = if self.is_bundle {
            "naming = \"bundle\"\npath = \"contract\""
        } else {
            "prefix = \"contract/\""
        };
        let login = "login = { userpass = { username = \"contract\", password = { env = \"PASSWORD\" } } }";
        let (address, mount) =
            (format!("address = \"{}\"", self.proxy.url("")), format!("mount = \"{MOUNT}\""));
        let store = at(&address, &[("PASSWORD", password)], &[&mount, naming, login, patience]);
        store.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        if !self.is_bundle {
            for (name, value) in secrets {
                let path = format!("contract/{name}");
                self.backend.put(self.version, MOUNT, &path, json!({ "value": value })).await;
            }
            return Ok(());
        }
        let fields = {
            let mut bundle = self.bundle.lock().unwrap_or_else(PoisonError::into_inner);
            bundle.extend(secrets.iter().map(|(name, value)| (name.clone(), json!(value))));
            bundle.clone()
        };
        self.backend.put(self.version, MOUNT, "contract", Value::Object(fields)).await;
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        if self.is_bundle {
            return Err("a bundle is denied as a whole");
        }
        let data = if self.version == KvVersion::Two { "data/" } else { "" };
        self.backend.deny(&format!("{MOUNT}/{data}contract/{name}")).await;
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        let secrets = Rule::path(&format!("/v1/{MOUNT}/*"));
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
        match trouble {
            Trouble::Unauthenticated => Ok(()),
            Trouble::Denied => {
                let body = json!({ "errors": ["1 error occurred:\n\t* permission denied\n\n"] });
                self.proxy.server().faults().answer(secrets, Answer::json(403, &body));
                Ok(())
            }
            // A login whose answer is lost, or that nobody waits for, leaves a token that nobody can give back.
            Trouble::Cut | Trouble::Silent => self.proxy.trouble(trouble, secrets),
            _ => self.proxy.trouble(trouble, Rule::any()),
        }
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        let denial = (StoreLimit::Denial, "access to a bundle is denied as a whole");
        self.is_bundle.then_some(denial).into_iter().collect()
    }

    fn requests(&self) -> Option<usize> {
        Some(self.proxy.server().log().entries().len())
    }

    fn mend(&self) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.proxy.mend();
    }

    fn logins(&self) -> Option<usize> {
        Some(self.counted(LOGIN))
    }

    fn left_behind(&self) -> Option<usize> {
        Some(self.counted(LOGIN) - self.counted(REVOKE))
    }

    fn credentials(&self) -> Vec<String> {
        vec![PASSWORD.to_owned()]
    }
}

async fn over_the_fake(version: KvVersion, is_bundle: bool) {
    let fake = Fake::new();
    // Counted where the requests arrive: behind the proxy.
    let behind = Server::http(fake.vault.router());
    let front = Server::http(forward(&behind.url("")));
    let rig = Rig::new(Box::new(fake), front, Count::Fake(behind), version, is_bundle).await;
    secret_store_contract(&rig).await;
}

async fn over_the_real_server(version: KvVersion, is_bundle: bool) {
    let Some(real) = Real::start("the contract of stores").await else { return };
    let (front, log) = (Server::http(forward(real.vault.address())), real.audit.clone());
    let rig = Rig::new(Box::new(real), front, Count::Audit(log), version, is_bundle).await;
    secret_store_contract(&rig).await;
}

macro_rules! contract {
    ($($name:ident: $version:ident, $is_bundle:literal);+ $(;)?) => {
        mod fake {
            $(#[tokio::test]
            async fn $name() {
                super::over_the_fake(super::KvVersion::$version, $is_bundle).await;
            })+
        }

        mod real {
            $(#[tokio::test]
            async fn $name() {
                super::over_the_real_server(super::KvVersion::$version, $is_bundle).await;
            })+
        }
    };
}

contract!(
    version_1_by_field: One, false;
    version_2_by_field: Two, false;
    version_1_as_a_bundle: One, true;
    version_2_as_a_bundle: Two, true;
);
