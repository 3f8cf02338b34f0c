//! The contract of all stores.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use deployer_core::traits::SecretStore;
use deployer_testkit::contract::{StoreLimit, StoreRig, Support, Trouble, secret_store_contract};
use deployer_testkit::server::Rule;

use super::world::{SECRET_KEY, World};

struct Rig {
    world: World,
    impatient: AtomicBool,
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let impatient = self.impatient.load(Ordering::SeqCst);
        self.world.store(if impatient { &["http = { timeout_seconds = 1 }"] } else { &[] })
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        for (name, value) in secrets {
            if value.is_empty() {
                return Err("the service keeps no empty text");
            }
            self.world.put(name, value).await;
        }
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        self.world.rules().denied.insert(name.to_owned());
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Unauthenticated => self.world.rules().refuse = Some("UnrecognizedClientException"),
            Trouble::Denied => self.world.rules().refuse = Some("AccessDeniedException"),
            _ => {
                self.impatient.store(trouble == Trouble::Silent, Ordering::SeqCst);
                return self.world.server.trouble(trouble, Rule::any());
            }
        }
        Ok(())
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        vec![
            (StoreLimit::Logins, "each request is signed by itself"),
            (StoreLimit::Revocation, "nothing is created"),
            (StoreLimit::EmptyValue, "the service keeps no empty text"),
        ]
    }

    fn requests(&self) -> Option<usize> {
        Some(self.world.server.server().log().entries().len())
    }

    fn logins(&self) -> Option<usize> {
        None
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn mend(&self) {
        self.world.rules().refuse = None;
        self.impatient.store(false, Ordering::SeqCst);
        self.world.server.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![SECRET_KEY.to_owned()]
    }
}

#[tokio::test]
async fn the_contract_is_kept_by_the_fake_and_by_moto() {
    for world in World::each("the contract over moto") {
        secret_store_contract(&Rig { world, impatient: AtomicBool::default() }).await;
    }
}
