//! The contract of targets.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::traits::NodeTarget;
use deployer_testkit::contract::{Place, Support, TargetLimit, TargetRig, Trouble, node_target_contract};
use deployer_testkit::server::{Cut, Rule};

use crate::access::{Access, TOKEN};
use crate::service::{Service, build};

struct Rig;

#[async_trait]
impl TargetRig for Rig {
    fn limits(&self) -> Vec<(TargetLimit, &'static str)> {
        Vec::new()
    }

    async fn place(&self) -> Box<dyn Place> {
        let service = Service::default();
        let access = Access::to(service.router());
        Box::new(OneService { service, access })
    }
}

struct OneService {
    service: Service,
    access: Access,
}

impl OneService {
    /// Cuts the next write.
    fn cut(&self, cut: Cut) -> Support {
        let faults = self.access.server.server().faults();
        faults.clear();
        faults.cut(Rule::new("PUT", "*").first(1), cut);
        Ok(())
    }
}

#[async_trait]
impl Place for OneService {
    fn target(&self) -> Arc<dyn NodeTarget> {
        let (settings, variables) = self.access.settings("");
        build(&settings, &variables).expect("the settings are good")
    }

    fn writes(&self) -> usize {
        let entries = self.access.server.server().log().entries();
        entries.iter().filter(|entry| entry.method != "GET").count()
    }

    async fn intrude(&self) -> Support {
        self.service.intrude("other.txt", "somebody else's");
        Ok(())
    }

    fn lose_answer(&self) -> Support {
        self.cut(Cut::BeforeAnswer)
    }

    fn lose_request(&self) -> Support {
        self.cut(Cut::BeforeBody)
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        self.access.trouble(trouble)
    }

    fn mend(&self) {
        self.access.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[tokio::test]
async fn the_contract_of_targets_is_kept() {
    node_target_contract(&Rig).await;
}
