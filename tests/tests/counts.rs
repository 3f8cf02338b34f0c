//! What a whole deploy costs, counted from the servers' own logs; and that no file is read twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::plugin::{Context, Family};
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_engine::run::{Policy, Runner, Silent};
use deployer_tests::generate::Size;
use deployer_tests::load::{Load, is_secret};
use sesam_deployer::plugins;
use sesam_deployer::settings::{Asked, Settings};
use tokio_util::sync::CancellationToken;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(120);

/// The most requests in flight at once: 32 to stores and 16 to all other servers.
const IN_FLIGHT: usize = 48;

/// The most that a run may cost.
struct Most {
    /// Requests that depend on one another.
    chain: usize,
    requests: usize,
    bytes: usize,
}

async fn deploy(load: &Load, most: &Most) {
    load.world.log().clear();
    let outcome = load.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_eq!(outcome.code(), Some(0), "{}", outcome.stderr());
    let chain = load.longest_chain();
    assert!(
        chain.len() <= most.chain,
        "{} requests depend on one another:\n{}",
        chain.len(),
        chain.join("\n")
    );
    let requests = load.world.log().entries().len();
    assert!(requests <= most.requests, "{requests} requests");
    assert!(load.bytes() <= most.bytes, "{} bytes", load.bytes());
    assert!(load.world.log().most_in_flight() <= IN_FLIGHT, "{} at once", load.world.log().most_in_flight());
}

/// The same requests depend on one another whatever the size is. In a small configuration little else takes time.
#[tokio::test(flavor = "multi_thread")]
async fn few_requests_of_a_deploy_depend_on_one_another() {
    let load = Load::start(Size { pipes: 20, secrets: 10 });
    // Long enough for concurrent requests to overlap also where a machine is slow: they are counted, not timed.
    load.world.faults().round_trip(Duration::from_millis(250));
    deploy(&load, &Most { chain: 9, requests: 39, bytes: 200_000 }).await;
    // Without fingerprints of earlier runs, the secrets are sent again.
    deploy(&load, &Most { chain: 6, requests: 29, bytes: 90_000 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_of_a_thousand_pipes_sends_nothing_twice() {
    let load = Load::start(Size { pipes: 1_000, secrets: 100 });
    load.world.faults().round_trip(Duration::from_millis(20));
    deploy(&load, &Most { chain: usize::MAX, requests: 127, bytes: 8_500_000 }).await;

    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    let entries = load.world.log().entries();
    for entry in entries.iter().filter(|entry| is_secret(entry)) {
        *requests.entry(entry.path.clone()).or_default() += 1;
    }
    assert_eq!(requests.len(), 100, "every secret is read");
    let twice: Vec<_> = requests.into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "read more than once: {twice:?}");

    let vault = load.world.vault();
    assert_eq!(vault.issued_tokens().len(), 1, "one login");
    assert!(vault.live_tokens().is_empty());
    let at = |method: &str, path: &str| {
        let found: Vec<usize> =
            load.world.log().matching(method, path).iter().map(|it| it.sequence).collect();
        assert_eq!(found.len(), 1, "{method} {path}");
        found[0]
    };
    let (revoked, variables) = (at("POST", "/v1/auth/token/revoke-self"), at("PUT", "/api/env"));
    assert!(revoked < variables && variables < at("PUT", "/api/config"), "revoked while the node is written");

    deploy(&load, &Most { chain: usize::MAX, requests: 119, bytes: 3_000_000 }).await;
    assert!(load.world.log().matching("PUT", "/api/config").is_empty());
    let sent = at("POST", "/api/secrets");
    let entries = load.world.log().entries();
    let later = entries.iter().filter(|entry| entry.sequence > sent && entry.path.starts_with("/api/"));
    let later: Vec<&str> = later.map(|entry| entry.path.as_str()).collect();
    assert_eq!(later, ["/api/secrets"], "only what was written is read back");
}

/// A source that counts how often each file is read.
#[derive(Debug)]
struct Counting<T: ?Sized> {
    inner: Arc<T>,
    reads: Arc<Mutex<BTreeMap<String, usize>>>,
}

#[async_trait]
impl ConfigSource for Counting<dyn ConfigSource> {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        self.inner.revision().await
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        let inner = self.inner.fetch().await?;
        Ok(Arc::new(Counting { inner, reads: Arc::clone(&self.reads) }))
    }
}

#[async_trait]
impl Snapshot for Counting<dyn Snapshot> {
    fn revision(&self) -> Option<Revision> {
        self.inner.revision()
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.inner.list(folder).await
    }

    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let answers = self.inner.read(paths).await;
        let mut reads = self.reads.lock().expect("no reader panics");
        for (path, answer) in paths.iter().zip(&answers) {
            if matches!(answer, Ok(Some(_))) {
                *reads.entry(path.clone()).or_default() += 1;
            }
        }
        answers
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_the_configuration_is_read_twice() {
    let load = Load::start(Size { pipes: 50, secrets: 10 });
    let variables = load.variables().into_iter().collect();
    let settings = Settings::from_variables(Asked::new(None, &variables)).unwrap();
    let context = Context::new(settings.environment.clone()).with_variables(variables);
    let table = plugins::table(&[]).unwrap();
    let mut deployment = settings.build(&table, &context, &[Family::Source]).unwrap().deployment;
    let reads = Arc::new(Mutex::new(BTreeMap::new()));
    deployment.source =
        Arc::new(Counting { inner: Arc::clone(&deployment.source), reads: Arc::clone(&reads) });
    let runner = Runner::new(Policy::default(), CancellationToken::new(), Arc::new(Silent));
    deployment.check(&runner).await.unwrap();

    let reads = reads.lock().unwrap();
    let twice: Vec<_> = reads.iter().filter(|(_, count)| **count != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    // Pipes, systems, metadata, the whitelist, the variables, and four templates for each extra node.
    assert_eq!(reads.len(), 50 + 10 + 1 + 1 + 1 + 2 * 4);
}
