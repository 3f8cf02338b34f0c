//! The contract of places for state.

use std::sync::Arc;

use deployer_core::traits::StatePlace;
use deployer_testkit::contract::{StatePlaceLimit, StatePlaceRig, Support, Trouble, state_place_contract};
use deployer_testkit::server::{Cut, Rule};

use crate::access::{Access, TOKEN};
use crate::service::{Service, build};

struct Rig {
    access: Access,
}

impl StatePlaceRig for Rig {
    fn place(&self) -> Arc<dyn StatePlace> {
        let (settings, variables) = self.access.settings("");
        build(&settings, &variables).expect("the settings are good")
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        vec![(StatePlaceLimit::Pages, "a list has one page")]
    }

    fn page(&self) -> Option<usize> {
        None
    }

    fn requests(&self) -> Option<usize> {
        Some(self.access.server.server().log().entries().len())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        self.access.trouble(trouble)
    }

    fn lose_answer(&self) -> Support {
        self.access.server.server().faults().cut(Rule::new("PUT", "*"), Cut::BeforeAnswer);
        Ok(())
    }

    fn mend(&self) {
        self.access.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[tokio::test]
async fn the_contract_of_places_is_kept() {
    state_place_contract(&Rig { access: Access::to(Service::default().router()) }).await;
}
