//! The contract of sources. The contract suite does not cause errors of a service, so a test here does.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::Kind;
use deployer_core::traits::ConfigSource;
use deployer_testkit::contract::{SourceLimit, SourceRig, Trouble, config_source_contract};

use crate::access::{Access, TOKEN};
use crate::service::{Service, build};

struct Rig {
    service: Service,
    access: Access,
}

impl Rig {
    fn new() -> Self {
        let service = Service::default();
        let access = Access::to(service.router());
        Self { service, access }
    }

    fn at(&self, path: &str) -> Arc<dyn ConfigSource> {
        let (settings, variables) = self.access.settings(path);
        build(&settings, &variables).expect("the settings are good")
    }
}

#[async_trait]
impl SourceRig for Rig {
    fn source(&self) -> Arc<dyn ConfigSource> {
        self.at("")
    }

    fn limits(&self) -> Vec<(SourceLimit, &'static str)> {
        vec![
            (SourceLimit::Links, "the service has no links"),
        ]
    }

    async fn write(&self, path: &str, content: &[u8]) {
        self.service.write(path, content);
    }

    fn absent(&self) -> Option<Arc<dyn ConfigSource>> {
        Some(self.at("/nowhere"))
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[tokio::test]
async fn the_contract_of_sources_is_kept() {
    config_source_contract(&Rig::new()).await;
}

#[tokio::test]
async fn trouble_is_told_apart_and_passes() {
    let rig = Rig::new();
    for (trouble, kind) in [
        (Trouble::Down, Kind::Unavailable),
        (Trouble::Silent, Kind::Timeout),
        (Trouble::RateLimited, Kind::RateLimited),
        (Trouble::Html, Kind::Unexpected),
        (Trouble::Unauthenticated, Kind::Unauthenticated),
        (Trouble::Denied, Kind::Denied),
    ] {
        rig.access.trouble(trouble).expect("it can be made");
        let error = rig.source().fetch().await.expect_err("the service is in trouble");
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(!format!("{error:?}").contains("contract-token"), "{error:?}");
        rig.access.mend();
        rig.source().fetch().await.expect("it has passed");
    }
}
