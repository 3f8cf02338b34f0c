//! A watching process, its source, its secrets and its nodes, and what is expected of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use deployer_testkit::git::Repository;
use deployer_testkit::server::{Answer, Cut, Rule};
use deployer_testkit::vault::KvVersion;
use deployer_testkit::world::{Outcome, Program, Signal, World};
use deployer_tests::pair::{NODES, Pair, SECRET, configuration};
use deployer_tests::watching::{TOKEN, Watching};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::usage::Usage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);
const BRANCH: &str = "main";
const GIT_TOKEN: &str = "token-of-the-git-host";
const KEYS: &str = "interval = 1\ntries = 2\ndrift = \"correct\"\ndrift_interval = 1";
const ORDER: &str = "node/pipes/order.conf.json";

/// Trouble that lasts for some rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The branch of the source is deleted.
    BranchDeleted,
    /// The git host accepts the token no longer.
    TokenExpired,
    /// The git host is down.
    GitHost,
    /// A node is down.
    Node,
    /// A node accepts the token no longer.
    NodeToken,
    /// The answer to an upload is lost.
    LostAnswer,
    /// The secret store is down.
    Store,
}

impl Trouble {
    fn is_of_source(self) -> bool {
        matches!(self, Self::BranchDeleted | Self::TokenExpired | Self::GitHost)
    }
}

/// The servers, and the settings file of the process.
pub(crate) struct Place {
    pair: Pair,
    repository: Repository,
}

/// The process, and what is expected of it.
pub(crate) struct Service<'p> {
    place: &'p Place,
    watching: Watching<'p>,
    settings: (PathBuf, String),
    /// What happens now, for messages.
    now: String,
    commits: Vec<String>,
    /// How often the tip is uploaded, by node: once, and once more after each drift.
    uploads: BTreeMap<&'static str, usize>,
    /// The number of writes before the tip became the tip.
    at_push: usize,
    /// The number of writes when the round began.
    at_begin: usize,
    checks: u64,
}

impl Place {
    /// The temporary files of the process.
    pub(crate) fn temporary(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.pair.world.folder().join("tmp")).into_iter().flatten().flatten();
        files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
    }

    fn world(&self) -> &World {
        &self.pair.world
    }

    fn program(&self, section: &str) -> (Program<'_>, PathBuf, String) {
        let settings = format!(
            "{}[source]\nkind = \"git\"\nurl = \"{}\"\nbranch = \"{BRANCH}\"\nusername = \"deployer\"\ntoken = {{ env = \"GIT_TOKEN\" }}\n\
             [stores.vault]\nkind = \"vault\"\naddress = \"{}\"\nmount = \"kv\"\nlogin = {{ token = {{ token = {{ env = \"VAULT_TOKEN\" }} }} }}\n\
             [secrets]\nfingerprint_key = {{ env = \"FINGERPRINT_KEY\" }}\n[limits]\nsilence_seconds = 0\n{section}",
            self.pair.settings(),
            self.world().git_url("configuration"),
            self.world().vault_url(),
        );
        let file = self.world().write("settings/deployer.toml", &settings);
        let program =
            self.world().program(PROGRAM).arg("--settings").arg(&file).args(["watch", "--state", "state"]);
        let program = program
            .env("NODE_TOKEN", "watch")
            .env("GIT_TOKEN", GIT_TOKEN)
            .env("VAULT_TOKEN", "token-of-vault");
        let authority = self.world().server().ca_file().expect("HTTPS has an authority");
        let program = program.env("FINGERPRINT_KEY", "0123456789abcdef").env("SSL_CERT_FILE", authority);
        (program, file, settings)
    }
}

impl<'p> Service<'p> {
    /// The servers.
    pub(crate) fn place() -> Place {
        let pair = Pair::start(World::builder());
        let vault = pair.world.vault();
        vault.mount("kv", KvVersion::Two);
        vault.plant_token("token-of-vault");
        vault.put("kv", SECRET, json!({ "value": "value of the secret" }));
        pair.world.git().accept_token(GIT_TOKEN);
        let repository = pair.world.git().create("configuration", BRANCH, &configuration("commit 0"));
        Place { pair, repository }
    }

    /// Starts the process, which deploys the first commit.
    pub(crate) async fn start(place: &'p Place) -> Self {
        let mut settings = None;
        let mut watching = Watching::start_program(KEYS, |section| {
            let (program, file, text) = place.program(section);
            settings = Some((file, text));
            program
        })
        .await;
        watching.running.keep_reading();
        let commits = vec![place.repository.tip(BRANCH).expect("it has a commit")];
        let settings = settings.expect("the program was made");
        let mut service = Self {
            place,
            watching,
            settings,
            now: "the start".to_owned(),
            commits,
            uploads: NODES.map(|node| (node, 1)).into(),
            at_push: 0,
            at_begin: 0,
            checks: 0,
        };
        service.deploys().await;
        service
    }

    /// Begins a round.
    pub(crate) fn begin(&mut self, now: String) {
        self.now = now;
        self.at_begin = self.written();
        self.place.world().log().clear();
    }

    /// What was done, for people.
    pub(crate) fn summary(&self) -> String {
        format!("{} commits, {} writes", self.commits.len(), self.written())
    }

    fn comment(&self) -> String {
        format!("commit {}", self.commits.len() - 1)
    }

    fn tip(&self) -> &str {
        self.commits.last().expect("there is a commit")
    }

    fn commit(&mut self, files: &BTreeMap<String, Vec<u8>>) {
        let commit = self.place.repository.commit(BRANCH, "change", files);
        self.commits.push(commit);
        self.uploads = NODES.map(|node| (node, 1)).into();
        self.at_push = self.written();
    }

    fn written(&self) -> usize {
        self.place.pair.writes.len()
    }

    /// The next version.
    fn next(&self) -> BTreeMap<String, Vec<u8>> {
        configuration(&format!("commit {}", self.commits.len()))
    }

    pub(crate) fn push(&mut self) {
        self.commit(&self.next());
    }

    pub(crate) fn push_broken(&mut self) {
        let mut files = self.next();
        files.insert(ORDER.to_owned(), b"{ broken".to_vec());
        self.commit(&files);
    }

    /// Makes a system of the only pipe of the extra node.
    pub(crate) fn push_held(&mut self) {
        let mut files = self.next();
        let system = json!({ "_id": "order", "type": "system:url", "metadata": { "node": "extra" }, "url_pattern": "https://order.example/%s" });
        files.insert(ORDER.to_owned(), system.to_string().into_bytes());
        self.commit(&files);
        // It has no comment there.
        self.uploads.remove("extra");
    }

    pub(crate) fn force_push(&mut self) {
        let earlier = &self.commits[self.commits.len() / 2];
        self.place.repository.reset(BRANCH, earlier);
        self.push();
    }

    pub(crate) fn break_settings(&self) {
        std::fs::write(&self.settings.0, format!("{}\nunknown = 1\n", self.settings.1))
            .expect("the file is ours");
        self.watching.running.signal(Signal::HUP);
    }

    pub(crate) fn mend_settings(&self) {
        std::fs::write(&self.settings.0, &self.settings.1).expect("the file is ours");
        self.watching.running.signal(Signal::HUP);
    }

    pub(crate) fn trouble(&self, trouble: Trouble) {
        let faults = self.place.world().faults();
        let answer = |status| Answer::json(status, &json!({}));
        match trouble {
            Trouble::BranchDeleted => self.place.repository.delete(BRANCH),
            Trouble::TokenExpired => self.place.world().git().refuse_token(GIT_TOKEN),
            Trouble::GitHost => faults.answer(Rule::path("/git/*"), answer(503)),
            Trouble::Node => faults.cut(Rule::path("/extra/api/*"), Cut::BeforeBody),
            Trouble::NodeToken => faults.answer(Rule::path("/master/api/*"), answer(401)),
            Trouble::LostAnswer => {
                faults.cut(Rule::new("PUT", "/master/api/config").first(1), Cut::BeforeAnswer)
            }
            Trouble::Store => faults.answer(Rule::path("/v1/*"), answer(503)),
        }
    }

    pub(crate) fn end_trouble(&self, trouble: Trouble) {
        self.place.world().faults().clear();
        match trouble {
            Trouble::TokenExpired => self.place.world().git().accept_token(GIT_TOKEN),
            Trouble::BranchDeleted => self.place.repository.reset(BRANCH, self.tip()),
            _ => {}
        }
    }

    /// A round in trouble. Nothing is written, and the page says why.
    pub(crate) async fn suffers(&mut self, trouble: Trouble, has_pushed: bool) {
        if trouble == Trouble::LostAnswer {
            return;
        }
        self.place.world().log().clear();
        self.trigger().await;
        if trouble.is_of_source() {
            let asked = || {
                self.place
                    .world()
                    .log()
                    .entries()
                    .iter()
                    .any(|entry| entry.path.starts_with("/git/") && entry.ended.is_some())
            };
            self.until(|status| asked() && !status["source_failure"].is_null()).await;
        } else if has_pushed {
            self.is_failed().await;
        }
        self.assert_nothing_written();
    }

    fn assert_nothing_written(&self) {
        assert_eq!(self.written(), self.at_begin, "{}: something was written", self.now);
    }

    /// A round whose configuration cannot be deployed.
    pub(crate) async fn fails(&mut self) {
        self.trigger().await;
        self.is_failed().await;
        self.assert_nothing_written();
    }

    async fn is_failed(&self) {
        let tip = self.tip();
        self.until(|status| {
            let run = &status["runs"][0];
            status["state"] == "failed"
                && !status["why"].is_null()
                && is_at(&run["revision"], tip)
                && run["outcome"] == "failed"
        })
        .await;
    }

    /// A round whose plan is held.
    pub(crate) async fn holds(&mut self, approve: bool) {
        self.trigger().await;
        let tip = self.tip();
        let held = self.until(|status| status["state"] == "held" && is_at(&status["newest"], tip)).await;
        self.assert_nothing_written();
        if !approve {
            return;
        }
        let (plan, token) = (held["plan"].as_str().expect("a plan"), format!("Bearer {TOKEN}"));
        let mut looks = tokio::time::interval(LOOK);
        // Settings that are read again make the plan again.
        while self.watching.post("/approve", plan, ("Authorization", &token)).await != StatusCode::ACCEPTED {
            looks.tick().await;
        }
        self.deploys().await;
    }

    /// A change of a node by somebody else, which is corrected.
    pub(crate) async fn drift(&mut self, name: &'static str) {
        let node = &self.place.pair.nodes[name];
        let mut entities = node.state().config("");
        for entity in entities.iter_mut().filter(|entity| entity["comment"].is_string()) {
            entity["comment"] = "by hand".into();
        }
        node.set_config("", entities).expect("the node takes entities");
        *self.uploads.entry(name).or_default() += 1;
        let comment = Some(self.comment());
        self.until(|_| self.place.pair.comment(name) == comment).await;
    }

    /// A round after which the nodes have the tip. Each of them was written once for it.
    pub(crate) async fn deploys(&mut self) {
        self.trigger().await;
        let (checks, tip) = (self.checks, self.tip().to_owned());
        let status = self
            .until(|status| {
                let is_done = status["state"] == "in-step" && status["source_failure"].is_null();
                let is_tip = is_at(&status["newest"], &tip) && is_at(&status["deployed"], &tip);
                is_done && is_tip && status["checks"].as_u64() > Some(checks)
            })
            .await;
        self.checks = status["checks"].as_u64().unwrap_or_default();
        let comment = Some(self.comment());
        for (node, expected) in &self.uploads {
            let uploads = self.place.pair.writes.since(self.at_push);
            let uploads = uploads
                .iter()
                .filter(|write| write.is_upload() && write.node == *node && write.comment == comment);
            assert_eq!(uploads.count(), *expected, "{}: uploads of {comment:?} to {node}", self.now);
        }
    }

    /// What the process uses.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(self.watching.running.id().expect("it runs"), self.place.temporary())
    }

    /// Ends the process.
    pub(crate) async fn end(self) -> Outcome {
        self.watching.end(Signal::TERM).await
    }

    async fn trigger(&self) {
        let status = self.watching.post("/trigger", "", ("Authorization", &format!("Bearer {TOKEN}"))).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{}", self.now);
    }

    /// The status, once it is as it should be.
    async fn until(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let (mut looks, mut last) = (tokio::time::interval(LOOK), Value::Null);
        let reached = tokio::time::timeout(LIMIT, async {
            loop {
                looks.tick().await;
                let answer = self.watching.get("/status").await.expect("an answer");
                last = answer.json().await.expect("a document");
                if is_so(&last) {
                    return;
                }
            }
        });
        assert!(reached.await.is_ok(), "{}: {last:#}", self.now);
        last
    }
}

/// Whether a revision is a commit.
fn is_at(revision: &Value, commit: &str) -> bool {
    revision.as_str().is_some_and(|revision| revision.ends_with(commit))
}
