//! The contract of all places for state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deployer_core::traits::StatePlace;
use deployer_state_s3::S3;
use deployer_testkit::build;
use deployer_testkit::contract::{
    Breakable, Races, StatePlaceLimit, StatePlaceRig, Support, Trouble, state_place_contract,
};
use deployer_testkit::server::{Cut, Rule, Server};
use deployer_testkit::services::{or_skip, s3::RealS3, same_host};

pub(crate) const SECRET: &str = "a-secret-access-key-0001";

/// The settings of a place at an address.
pub(crate) fn settings(address: &str) -> String {
    format!(
        "bucket = \"state\"\nprefix = \"a/b\"\nendpoint = \"{address}\"\n\
         login.access_key = {{ id = {{ env = \"KEY\" }}, secret = {{ env = \"SECRET\" }} }}\n"
    )
}

pub(crate) fn place(settings: &str, secret: &str) -> Arc<dyn StatePlace> {
    build(&S3, settings, &[("KEY", "the-key"), ("SECRET", secret)]).expect("the settings are good")
}

struct Rig {
    _server: RealS3,
    front: Breakable,
    impatient: AtomicBool,
    wrong_key: AtomicBool,
}

impl StatePlaceRig for Rig {
    fn place(&self) -> Arc<dyn StatePlace> {
        let settings = settings(&self.front.url(""));
        let impatient = if self.impatient.load(Ordering::SeqCst) { "http.timeout_seconds = 1\n" } else { "" };
        let secret = if self.wrong_key.load(Ordering::SeqCst) { "another-secret" } else { SECRET };
        place(&format!("{settings}{impatient}"), secret)
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        vec![(
            StatePlaceLimit::Trouble(Trouble::Denied),
            "the server has one account, which may do everything",
        )]
    }

    fn page(&self) -> Option<usize> {
        Some(1000)
    }

    fn races(&self) -> Races {
        Races { writers: 20, rounds: 20, additions: 10, leases: 50 }
    }

    fn requests(&self) -> Option<usize> {
        Some(self.front.server().log().entries().len())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Unauthenticated => self.wrong_key.store(true, Ordering::SeqCst),
            _ => {
                self.impatient.store(trouble == Trouble::Silent, Ordering::SeqCst);
                return self.front.trouble(trouble, Rule::any());
            }
        }
        Ok(())
    }

    fn lose_answer(&self) -> Support {
        self.front.server().faults().cut(Rule::new("PUT", "*"), Cut::BeforeAnswer);
        Ok(())
    }

    fn mend(&self) {
        self.impatient.store(false, Ordering::SeqCst);
        self.wrong_key.store(false, Ordering::SeqCst);
        self.front.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![SECRET.to_owned()]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept_over_a_real_server() {
    let Some(server) = or_skip("the contract over versitygw", RealS3::start("the-key", SECRET, &["state"]))
    else {
        return;
    };
    let front = Breakable::new(Server::http(same_host(server.url())));
    let rig =
        Rig { _server: server, front, impatient: AtomicBool::default(), wrong_key: AtomicBool::default() };
    state_place_contract(&rig).await;
}
