//! How many requests a run takes, from Vault's own log.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use deployer_core::traits::{SecretAnswer, SecretAnswers, SecretStore};
use deployer_testkit::answers::wanted;
use deployer_testkit::engine::run::{Policy, Runner, Silent};
use deployer_testkit::server::{Moment, Rule, Server};
use deployer_testkit::services::forward;
use deployer_testkit::vault::KvVersion;
use futures::future::join_all;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::backend::Backend;
use crate::real::Real;

const SECRETS: usize = 500;
const IN_FLIGHT: usize = 16;

/// Lets requests through in rows: a row goes on when it is full, so that its requests are all under way at once.
struct Rows {
    state: Mutex<(usize, usize)>,
    full: Condvar,
}

impl Rows {
    fn new(requests: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new((0, requests)), full: Condvar::new() })
    }

    /// Waits for the row to be full; the last one holds what is left.
    fn wait(&self) {
        let mut state = self.state.lock().expect("no request panics with the lock");
        state.0 += 1;
        let mine = state.0;
        let end = (mine.div_ceil(IN_FLIGHT) * IN_FLIGHT).min(state.1);
        if mine == end {
            self.full.notify_all();
        }
        drop(self.full.wait_while(state, |state| state.0 < end));
    }
}

/// Reads all secrets as a run does.
async fn run(store: &dyn SecretStore) {
    let runner = Runner::new(Policy::default(), CancellationToken::new(), Arc::new(Silent));
    runner.read("log in", || store.open()).await.expect("a login");
    let secrets: Vec<_> = (0..SECRETS).map(|number| wanted(&format!("s{number}"))).collect();
    let reads = store.reads(&secrets).expect("every secret has a path");
    let executed = join_all(reads.iter().map(|read| runner.read("read", || read.execute()))).await;
    let answers: SecretAnswers = executed.into_iter().flat_map(|answers| answers.expect("read")).collect();
    assert_eq!(answers.len(), SECRETS);
    assert!(answers.values().all(|answer| matches!(answer, SecretAnswer::Found { .. })));
    store.close().await.expect("revoked");
}

#[tokio::test]
async fn five_hundred_secrets_are_one_login_and_as_few_requests_in_a_row_as_can_be() {
    let Some(real) = Real::start("500 secrets").await else { return };
    real.mount("secret", KvVersion::Two).await;
    let names = || (0..SECRETS).map(|number| format!("s{number}"));
    for name in names() {
        real.put(KvVersion::Two, "secret", &format!("field/{name}"), json!({ "value": "v" })).await;
    }
    let bundle: Map<String, Value> = names().map(|name| (name, json!("v"))).collect();
    real.put(KvVersion::Two, "secret", "bundle", Value::Object(bundle)).await;
    real.user("userpass", "userpass", "bob", "password-0001").await.expect("Vault's own users");

    for (naming, reads) in [("prefix = \"field/\"", SECRETS), ("naming = \"bundle\"\npath = \"bundle\"", 1)] {
        let proxy = Server::http(forward(real.vault.address()));
        let rows = Rows::new(reads);
        let read = Rule::path("/v1/secret/*");
        proxy.faults().call(read, Moment::BeforeApply, move |_| rows.wait());
        let before = real.audit.requests().len();
        let login = "login = { userpass = { username = \"bob\", password = { env = \"PASSWORD\" } } }";
        let address = format!("address = \"{}\"", proxy.url(""));
        let store = crate::backend::at(&address, &[("PASSWORD", "password-0001")], &[naming, login]);
        tokio::time::timeout(Duration::from_secs(120), run(&*store.expect("a store")))
            .await
            .expect("fewer requests are under way at once than may be");

        let audited = real.audit.requests().split_off(before);
        let count = |operation: &str, start: &str| {
            audited
                .iter()
                .filter(|asked| asked.operation == operation && asked.path.starts_with(start))
                .count()
        };
        assert_eq!(count("update", "auth/userpass/login/"), 1, "one login");
        assert_eq!(count("read", "sys/internal/ui/mounts/secret"), 1, "one look at the mount");
        assert_eq!(count("read", "secret/data/"), reads);
        assert_eq!(count("update", "auth/token/revoke-self"), 1, "one revocation");
        assert_eq!(audited.len(), reads + 3, "and nothing else: {audited:?}");
        assert_eq!(proxy.log().entries().len(), reads + 3);
        // The look at the mount goes along with the first reads. It can end before one of them begins.
        let most = reads.div_ceil(IN_FLIGHT) + 3;
        let in_a_row = proxy.log().longest_chain(|_| true).len();
        assert!(in_a_row <= most, "{in_a_row} round trips in a row");
    }
}
