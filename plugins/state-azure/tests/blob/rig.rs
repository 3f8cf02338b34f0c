//! The contract of all places for state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deployer_core::Kind;
use deployer_core::traits::StatePlace;
use deployer_state_azure::AZURE;
use deployer_testkit::build;
use deployer_testkit::contract::{
    Breakable, Races, StatePlaceLimit, StatePlaceRig, Support, Trouble, state_place_contract,
};
use deployer_testkit::server::{Cut, Rule, Server};
use deployer_testkit::services::{azurite::Azurite, or_skip, same_host};

/// Another key than that of the account.
const WRONG: &str = "YW5vdGhlciBrZXkgdGhhbiB0aGF0IG9mIHRoZSBhY2NvdW50";

pub(crate) fn place(address: &str, container: &str, more: &str, key: &str) -> Arc<dyn StatePlace> {
    let settings = format!(
        "account = \"{account}\"\ncontainer = \"{container}\"\nprefix = \"a/b\"\n\
         endpoint = \"{address}/{account}\"\naccount_key = {{ env = \"KEY\" }}\n{more}",
        account = Azurite::ACCOUNT
    );
    build(&AZURE, &settings, &[("KEY", key)]).expect("the settings are good")
}

struct Rig {
    server: Azurite,
    front: Breakable,
    impatient: AtomicBool,
    wrong_key: AtomicBool,
}

impl StatePlaceRig for Rig {
    fn place(&self) -> Arc<dyn StatePlace> {
        let more = if self.impatient.load(Ordering::SeqCst) { "http.timeout_seconds = 1\n" } else { "" };
        let key = if self.wrong_key.load(Ordering::SeqCst) { WRONG } else { self.server.key() };
        place(&self.front.url(""), "state", more, key)
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        vec![
            (StatePlaceLimit::Trouble(Trouble::Denied), "the key of an account may do everything"),
            (StatePlaceLimit::Pages, "a page has 5,000 blobs; another test makes pages smaller"),
        ]
    }

    fn page(&self) -> Option<usize> {
        None
    }

    fn races(&self) -> Races {
        Races { writers: 20, rounds: 15, additions: 3, leases: 50 }
    }

    fn requests(&self) -> Option<usize> {
        Some(self.front.server().log().entries().len())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        match trouble {
            Trouble::Denied => Err("the key of an account may do everything"),
            Trouble::Unauthenticated => {
                self.wrong_key.store(true, Ordering::SeqCst);
                Ok(())
            }
            _ => {
                self.impatient.store(trouble == Trouble::Silent, Ordering::SeqCst);
                self.front.trouble(trouble, Rule::any())
            }
        }
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
        vec![self.server.key().to_owned(), WRONG.to_owned()]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept_over_a_real_server() {
    let Some(server) = or_skip("the contract over Azurite", Azurite::start(&["state"]).await) else { return };
    let front = Breakable::new(Server::http(same_host(server.url())));
    let absent = place(server.url(), "absent", "", server.key());
    let error = absent.get("object").await.expect_err("there is no such container");
    assert_eq!(
        (error.kind(), error.cause()),
        (Kind::NotFound, Some("the container does not exist")),
        "{error:?}"
    );
    let rig = Rig { server, front, impatient: AtomicBool::default(), wrong_key: AtomicBool::default() };
    state_place_contract(&rig).await;
}
