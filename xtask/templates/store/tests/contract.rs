//! The contract of stores.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::traits::SecretStore;
use deployer_testkit::contract::{StoreLimit, StoreRig, Support, Trouble, secret_store_contract};

use crate::access::{Access, TOKEN};
use crate::service::{Service, build};

struct Rig {
    service: Service,
    access: Access,
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let (settings, variables) = self.access.settings("");
        build(&settings, &variables).expect("the settings are good")
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        vec![
            (StoreLimit::Logins, "each request has the token"),
            (StoreLimit::Revocation, "nothing is created"),
            (StoreLimit::Names, "the service doesn't list"),
        ]
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        self.service.put(secrets);
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        self.service.deny(name);
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        self.access.trouble(trouble)
    }

    fn requests(&self) -> Option<usize> {
        Some(self.access.server.server().log().entries().len())
    }

    fn logins(&self) -> Option<usize> {
        None
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn mend(&self) {
        self.access.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[tokio::test]
async fn the_contract_of_stores_is_kept() {
    let service = Service::default();
    let access = Access::to(service.router());
    secret_store_contract(&Rig { service, access }).await;
}
