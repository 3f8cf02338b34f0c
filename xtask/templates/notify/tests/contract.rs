//! The contract of notifiers.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::traits::Notifier;
use deployer_testkit::contract::{NotifierLimit, NotifierRig, Received, Support, Trouble, notifier_contract};
use serde_json::Value;

use crate::access::{Access, TOKEN};
use crate::service::{Service, build};

struct Rig {
    service: Service,
    access: Access,
}

#[async_trait]
impl NotifierRig for Rig {
    fn notifier(&self) -> Arc<dyn Notifier> {
        let (settings, variables) = self.access.settings("");
        build(&settings, &variables).expect("the settings are good")
    }

    fn limits(&self) -> Vec<(NotifierLimit, &'static str)> {
        vec![
            (NotifierLimit::HalfWay, "a delivery is one request"),
        ]
    }

    fn received(&self) -> Vec<Received> {
        let text = |member: &Value| member.as_str().map(str::to_owned);
        let read = |message: &Value| Received {
            text: text(&message["text"]).unwrap_or_default(),
            diff: text(&message["diff"]),
        };
        self.service.messages().iter().map(read).collect()
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
async fn the_contract_of_notifiers_is_kept() {
    let service = Service::default();
    let access = Access::to(service.router());
    notifier_contract(&Rig { service, access }).await;
}
