//! The contract of all places for leases.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use deployer_core::traits::LeasePlace;
use deployer_testkit::contract::{
    Breakable, LeasePlaceRig, Races, StatePlaceLimit, Support, Trouble, lease_place_contract,
};
use deployer_testkit::server::{Cut, Rule, Server};
use deployer_testkit::services::kubernetes::RealKubernetes;
use deployer_testkit::services::{or_skip, over_tls};

use super::cluster::{STRANGER, TOKEN, authority, built, cluster};

const UNKNOWN: &str = "unknown-token-0001";

struct Rig {
    _cluster: RealKubernetes,
    front: Breakable,
    impatient: AtomicBool,
    token: Mutex<&'static str>,
}

impl Rig {
    fn use_token(&self, token: &'static str) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

impl LeasePlaceRig for Rig {
    fn place(&self) -> Arc<dyn LeasePlace> {
        let seconds = if self.impatient.load(Ordering::SeqCst) { 1 } else { 60 };
        let more = format!("http = {{ allow_http = true, timeout_seconds = {seconds} }}\n");
        let token = *self.token.lock().unwrap_or_else(PoisonError::into_inner);
        built(&self.front.url(""), token, &more).unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        Vec::new()
    }

    fn races(&self) -> Races {
        Races { writers: 20, rounds: 20, additions: 10, leases: 50 }
    }

    fn requests(&self) -> Option<usize> {
        Some(self.front.server().log().entries().len())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Unauthenticated => self.use_token(UNKNOWN),
            Trouble::Denied => self.use_token(STRANGER),
            _ => {
                self.impatient.store(trouble == Trouble::Silent, Ordering::SeqCst);
                return self.front.trouble(trouble, Rule::any());
            }
        }
        Ok(())
    }

    fn lose_answer(&self) -> Support {
        self.front.server().faults().cut(Rule::new("POST", "*"), Cut::BeforeAnswer);
        Ok(())
    }

    fn mend(&self) {
        self.impatient.store(false, Ordering::SeqCst);
        self.use_token(TOKEN);
        self.front.mend();
    }

    fn credentials(&self) -> Vec<String> {
        [TOKEN, STRANGER, UNKNOWN].map(str::to_owned).to_vec()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept_over_the_real_api_server() {
    let Some(cluster) = or_skip("the contract over the API server of Kubernetes", cluster().await) else {
        return;
    };
    let front = Breakable::new(Server::http(over_tls(cluster.url(), &authority(&cluster))));
    let rig = Rig { _cluster: cluster, front, impatient: AtomicBool::default(), token: Mutex::new(TOKEN) };
    lease_place_contract(&rig).await;
}
