//! In the place of github-autodeployer: with its variables alone, the node has in the end what that tool leaves.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::git::Repository;
use deployer_testkit::vault::KvVersion;
use deployer_testkit::world::{Outcome, Running, Signal, World};
use deployer_tests::checks::assert_code;
use deployer_tests::state::State;
use serde_json::{Value, json};
use sesam_node::Node;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);
const BRANCH: &str = "master";
const OWN: &str = "autodeployer";

/// A node with a system for this program, a repository with its configuration, and the variables of the system.
struct Microservice {
    world: World,
    repository: Repository,
    variables: BTreeMap<&'static str, String>,
}

fn pipe(id: &str, comment: &str) -> Value {
    json!({
        "_id": id, "type": "pipe", "comment": comment,
        "source": { "type": "embedded", "entities": [] },
        "sink": { "type": "dataset", "dataset": id },
    })
}

fn own() -> Value {
    json!({ "_id": OWN, "type": "system:microservice", "docker": { "image": "sesam-deployer:full", "port": 5000 } })
}

fn files(files: &[(&str, Value)]) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(path, value)| ((*path).to_owned(), value.to_string().into_bytes())).collect()
}

impl Microservice {
    /// The node has its own system, a pipe that the repository does not have, a variable and a secret.
    fn new(configuration: &[(&str, Value)]) -> Self {
        let (jwt, token) = (Canary::jwt("node"), Canary::header_safe("git"));
        let node = Node::builder().jwt(jwt.value()).build().expect("a node in memory needs nothing");
        node.set_config("", vec![own(), pipe("of-nobody", "")]).expect("the node takes entities");
        node.set_secret(None, "of-somebody-else", "stays").expect("the node takes secrets");
        let world = World::builder().node(node).canary(&jwt).canary(&token).start();
        world.git().accept_token(token.value());
        let repository = world.git().create("configuration", BRANCH, &files(configuration));
        let variables = BTreeMap::from([
            ("JWT", jwt.value().to_owned()),
            ("SESAM_API_URL", world.node_url()),
            ("GIT_REPO", world.git_url("configuration")),
            ("GIT_USERNAME", "deployer".to_owned()),
            ("DEPLOY_TOKEN", token.value().to_owned()),
            ("AUTODEPLOYER_PATH", format!("systems/{OWN}.conf.json")),
            ("SLEEP_INTERVAL", "1".to_owned()),
            ("LOG_LEVEL", "DEBUG".to_owned()),
            ("WATCH_LISTEN", "127.0.0.1:0".to_owned()),
        ]);
        Self { world, repository, variables }
    }

    /// Starts the program as the image does: without a command.
    fn start(&self, more: &[(&str, &str)]) -> Running<'_> {
        let program = self.world.program(PROGRAM);
        let program = match self.world.server().ca_file() {
            Some(file) => program.env("SSL_CERT_FILE", file),
            None => program,
        };
        let program = self.variables.iter().fold(program, |program, (name, value)| program.env(name, value));
        more.iter().fold(program, |program, (name, value)| program.env(name, value)).start()
    }

    /// Waits until something is so.
    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let mut looks = tokio::time::interval(LOOK);
        let reached = tokio::time::timeout(LIMIT, async {
            while !is_so(self) {
                looks.tick().await;
            }
        });
        assert!(reached.await.is_ok(), "{what}: {:#?}", self.state());
    }

    /// Waits for more checks of the repository.
    async fn checks(&self, number: usize) {
        let path = "/git/configuration.git/info/refs";
        let checks =
            |it: &Self| it.world.log().entries().iter().filter(|entry| entry.path_only() == path).count();
        let before = checks(self);
        self.until("checks of the repository", |it| checks(it) >= before + number).await;
    }

    fn writes(&self) -> usize {
        let log = self.world.log().entries();
        log.iter().filter(|entry| entry.method != "GET" && entry.path.starts_with("/api")).count()
    }

    fn state(&self) -> State {
        State::observe(&self.world, BRANCH, [])
    }

    fn entity(&self, id: &str) -> Option<Value> {
        self.world.node().state().entity(id)
    }

    async fn end(&self, running: Running<'_>) -> Outcome {
        running.signal(Signal::TERM);
        let outcome = running.wait(LIMIT).await;
        assert_code(&outcome, 143);
        outcome
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_gets_what_the_repository_has_and_keeps_its_own_system_and_foreign_secrets() {
    let changed =
        json!({ "_id": OWN, "type": "system:microservice", "docker": { "image": "another", "port": 1 } });
    let it = Microservice::new(&[
        ("README.md", json!("no entity")),
        ("unrelated/pipes/elsewhere.conf.json", pipe("elsewhere", "outside of SYNC_ROOT")),
        ("node/node-metadata.conf.json", json!({ "_id": "node", "type": "metadata", "global_defaults": {} })),
        ("node/pipes/a.conf.json", pipe("a", "$ENV(stage) $SECRET(key)")),
        ("node/deep/er/pipes/below/b.conf.json", pipe("b", "")),
        ("node/systems/crm.conf.json", json!({ "_id": "crm", "type": "system:url" })),
        ("node/systems/autodeployer.conf.json", changed),
        ("node/other/c.conf.json", pipe("c", "in no folder of pipes")),
        ("variables.json", json!({ "stage": "prod" })),
    ]);
    it.world.vault().mount("kv", KvVersion::Two);
    it.world.vault().github_user("github-token-8c11");
    it.world.vault().put("kv", "sesam/key", json!({ "value": "secret-5a70" }));
    let vault = it.world.vault_url();
    let running = it.start(&[
        ("SYNC_ROOT", "/node"),
        ("VARIABLES_FILE_PATH", "/variables.json"),
        ("VAULT_URL", &vault),
        ("VAULT_MOUNTING_POINT", "kv"),
        ("VAULT_GIT_TOKEN", "github-token-8c11"),
        ("VAULT_PATH_PREFIX", "sesam/"),
    ]);
    it.until("the deploy", |it| it.entity("a").is_some() && it.state().secrets.len() == 2).await;
    it.checks(2).await;
    let state = it.state();
    let ids: Vec<&str> = state.config["default"].keys().map(String::as_str).collect();
    assert_eq!(ids, ["a", OWN, "b", "crm", "node"]);
    assert_eq!(it.entity(OWN), Some(own()));
    assert_eq!(Value::Object(state.env), json!({ "stage": "prod" }));
    let secret = |name: &str| state.secrets.get(name).map(String::as_str);
    assert_eq!((secret("key"), secret("of-somebody-else")), (Some("secret-5a70"), Some("stays")));

    let writes = it.writes();
    it.checks(3).await;
    assert_eq!(it.writes(), writes, "with an equal configuration nothing is uploaded");
    it.end(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_the_node_is_undone_and_a_new_commit_deployed() {
    let it = Microservice::new(&[("pipes/a.conf.json", pipe("a", "one"))]);
    let running = it.start(&[]);
    let has = |comment: &'static str| {
        move |it: &Microservice| it.entity("a").is_some_and(|pipe| pipe["comment"] == comment)
    };
    it.until("the first deploy", has("one")).await;
    it.checks(2).await;
    it.world.node().set_config("", vec![own(), pipe("a", "by hand")]).expect("the node takes entities");
    it.until("the change is undone", has("one")).await;
    it.repository.commit(BRANCH, "two", &files(&[("pipes/a.conf.json", pipe("a", "two"))]));
    it.until("the second deploy", has("two")).await;
    assert_eq!(it.entity(OWN), Some(own()));
    it.end(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_orchestrator_took_over_stays_while_the_repository_has_its_original() {
    let it = Microservice::new(&[
        ("pipes/a.conf.json", pipe("a", "one")),
        ("pipes/b.conf.json", pipe("b", "new")),
    ]);
    let taken = |id: &str, original: Value| {
        let mut pipe = pipe(id, "by the orchestrator");
        pipe["metadata"] = json!({ "orchestrator": { "original_configuration": original } });
        pipe
    };
    let (a, b) = (taken("a", pipe("a", "one")), taken("b", pipe("b", "old")));
    it.world.node().set_config("", vec![own(), a.clone(), b]).expect("the node takes entities");
    let running = it.start(&[("ORCHESTRATOR", "yes")]);
    it.until("the deploy", |it| it.entity("b") == Some(pipe("b", "new"))).await;
    assert_eq!(it.entity("a"), Some(a));
    it.end(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_would_empty_the_node_is_held_and_a_tag_is_found() {
    let it = Microservice::new(&[("pipes/a.conf.json", pipe("a", "one"))]);
    let tagged = it.repository.tip(BRANCH).expect("a commit");
    std::fs::write(it.repository.folder().join("refs/tags/v1"), tagged).expect("the repository is ours");
    let before = it.state();
    let running = it.start(&[("TAG", "v1"), ("BRANCH", "absent"), ("SYNC_ROOT", "/empty")]);
    it.checks(4).await;
    assert_eq!(it.state(), before);
    let said = it.end(running).await.stderr();
    assert!(said.contains("leaves no pipe") && said.contains("needs consent"), "{said}");
}

#[test]
fn off_does_nothing_and_ends_well() {
    let variables = [("off", "true"), ("AUTODEPLOYER_PATH", "systems/autodeployer.conf.json")];
    let mut command = Command::new(PROGRAM);
    command.env_clear().envs(variables).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut said = String::new();
    let stderr = child.stderr.take().expect("it is a pipe");
    BufReader::new(stderr).read_line(&mut said).expect("a line");
    assert!(said.contains("nothing is deployed"), "{said}");
    let killed = Command::new("kill").arg(child.id().to_string()).status().expect("kill is there");
    assert!(killed.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
