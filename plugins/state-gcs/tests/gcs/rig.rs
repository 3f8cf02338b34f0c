//! The contract of all places for state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deployer_core::Kind;
use deployer_core::traits::StatePlace;
use deployer_state_gcs::GCS;
use deployer_testkit::build;
use deployer_testkit::contract::{
    Breakable, Races, StatePlaceLimit, StatePlaceRig, Support, Trouble, state_place_contract,
};
use deployer_testkit::server::{Cut, Rule, Server};
use deployer_testkit::services::{gcs::GcsServer, or_skip};

const TOKEN: &str = "an-access-token-0001";

fn place(address: &str, bucket: &str, more: &str) -> Arc<dyn StatePlace> {
    let settings = format!(
        "bucket = \"{bucket}\"\nprefix = \"a/b\"\nendpoint = \"{address}\"\n\
         login.access_token = {{ env = \"TOKEN\" }}\n{more}"
    );
    build(&GCS, &settings, &[("TOKEN", TOKEN)]).expect("the settings are good")
}

struct Rig {
    _server: GcsServer,
    front: Breakable,
    impatient: AtomicBool,
}

impl StatePlaceRig for Rig {
    fn place(&self) -> Arc<dyn StatePlace> {
        let more = if self.impatient.load(Ordering::SeqCst) { "http.timeout_seconds = 1\n" } else { "" };
        place(&self.front.url(""), "state", more)
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        const NO_LOGIN: &str = "the server accepts any token";
        vec![
            (StatePlaceLimit::Trouble(Trouble::Denied), NO_LOGIN),
            (StatePlaceLimit::Trouble(Trouble::Unauthenticated), NO_LOGIN),
        ]
    }

    fn page(&self) -> Option<usize> {
        Some(GcsServer::PAGE)
    }

    fn races(&self) -> Races {
        Races { writers: 20, rounds: 20, additions: 10, leases: 50 }
    }

    fn requests(&self) -> Option<usize> {
        Some(self.front.server().log().entries().len())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        if matches!(trouble, Trouble::Denied | Trouble::Unauthenticated) {
            return Err("the server accepts any token");
        }
        self.impatient.store(trouble == Trouble::Silent, Ordering::SeqCst);
        self.front.trouble(trouble, Rule::any())
    }

    fn lose_answer(&self) -> Support {
        self.front.server().faults().cut(Rule::new("PUT", "*"), Cut::BeforeAnswer);
        Ok(())
    }

    fn mend(&self) {
        self.impatient.store(false, Ordering::SeqCst);
        self.front.mend();
    }

    fn credentials(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept_over_a_server_of_others() {
    let Some(server) = or_skip("the contract over fake-gcs-server", GcsServer::start(&["state"]).await)
    else {
        return;
    };
    let front = Breakable::new(Server::http(server.router()));
    let absent = place(&front.url(""), "absent", "");
    let error = absent.get("object").await.expect_err("there is no such bucket");
    assert_eq!(
        (error.kind(), error.cause()),
        (Kind::NotFound, Some("the bucket does not exist")),
        "{error:?}"
    );
    state_place_contract(&Rig { _server: server, front, impatient: AtomicBool::default() }).await;
}
