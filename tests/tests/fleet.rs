//! A process that watches several deployments, and several processes that share them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use deployer_testkit::services::or_skip;
use deployer_testkit::services::s3::RealS3;
use deployer_testkit::world::{Program, Signal, World};
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::SLACK_TOKEN;
use deployer_tests::watching::{BODY, SIGNATURE, TOKEN, Watching};
use reqwest::StatusCode;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
/// Nothing is checked or compared unless somebody asks for it.
const RARELY: &str = "interval = 3600\ndrift_interval = 3600";
const OFTEN: &str = "interval = 3600\ndrift_interval = 1";

/// Deployments to folders, each with a settings file and a pipe.
struct Fleet {
    world: World,
    /// The sections of the fleet file and of each settings file.
    state: String,
}

impl Fleet {
    /// Replicas end after four seconds without a sign of life.
    fn new(state: &str) -> Self {
        let world = World::builder().http().start();
        world.slack().token(SLACK_TOKEN);
        world.slack().channel("deploys");
        Self { world, state: format!("[limits]\nlease_seconds = 4\n{state}") }
    }

    /// Writes a deployment whose section `[watch]` has these keys.
    fn deployment(&self, name: &str, keys: &str) {
        let settings = format!(
            "environment = \"prod\"\n{}[configuration]\nwhitelist = false\nvariables = false\n[nodes.master.target]\nkind = \"folder\"\npath = \"deployed\"\n\
             [watch]\n{keys}\n[[notify]]\nkind = \"slack\"\nsend = \"failures\"\nchannel = \"#deploys\"\n\
             token = {{ env = \"SLACK_TOKEN\" }}\napi_url = \"{}\"\n",
            self.state,
            self.world.slack_url(),
        );
        self.world.write(&format!("{name}/deployer.toml"), settings);
        self.pipe(name, "first", 1);
    }

    /// Writes a pipe, in place of all others if `number` is 1.
    fn pipe(&self, name: &str, text: &str, number: usize) {
        let pipe = json!({
            "_id": format!("pipe-{number}"),
            "type": "pipe",
            "description": text,
            "source": { "type": "embedded", "entities": [] },
        });
        self.world.write(&format!("{name}/node/pipes/pipe-{number}.conf.json"), pipe.to_string());
    }

    /// Where a deployment is deployed to.
    fn deployed(&self, name: &str) -> PathBuf {
        self.world.folder().join(name).join("deployed/pipes/pipe-1.conf.json")
    }

    fn program(&self, machine: &str) -> Program<'_> {
        let home = self.world.folder().join(format!("home-{machine}"));
        std::fs::create_dir_all(&home).expect("the world's folder is writable");
        let program =
            self.world.program(PROGRAM).arg("--settings").arg(self.world.folder().join("fleet.toml"));
        program
            .env("HOSTNAME", machine)
            .env("HOME", home)
            .env("SLACK_TOKEN", SLACK_TOKEN)
            .env("S3_KEY_ID", "test")
            .env("S3_SECRET", "testtest")
    }

    /// Writes the fleet file and watches it.
    async fn watch(&self, machine: &str, names: &[&str]) -> Watching<'_> {
        Watching::start_program("", |section| {
            self.file(section, names);
            self.program(machine).arg("watch")
        })
        .await
    }

    fn file(&self, section: &str, names: &[&str]) {
        let deployment =
            |name: &&str| format!("[watch.deployments.{name}]\nsettings = \"{name}/deployer.toml\"\n");
        let deployments: String = names.iter().map(deployment).collect();
        self.world.write("fleet.toml", format!("{}{section}{deployments}", self.state));
    }

    fn messages(&self) -> Vec<String> {
        self.world.slack().messages().into_iter().map(|message| message.text).collect()
    }
}

/// A deployment in a status.
fn of<'s>(status: &'s Value, name: &str) -> &'s Value {
    let all = status["deployments"].as_array().into_iter().flatten();
    all.into_iter().find(|deployment| deployment["deployment"] == name).unwrap_or(&Value::Null)
}

fn is_in(status: &Value, name: &str, state: &str) -> bool {
    of(status, name)["state"] == state
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_fails_or_has_broken_settings_holds_up_no_other() {
    let fleet = Fleet::new("");
    for name in ["good", "failing", "broken", "later"] {
        fleet.deployment(name, RARELY);
    }
    fleet.world.write("failing/node/pipes/pipe-1.conf.json", "{ broken");
    let settings =
        std::fs::read_to_string(fleet.world.folder().join("broken/deployer.toml")).expect("a file");
    fleet.world.write("broken/deployer.toml", format!("{settings}\nunknown = 1\n"));
    let watching = fleet.watch("one", &["good", "failing", "broken"]).await;
    let status = watching
        .until(|status| {
            let states = [("good", "in-step"), ("failing", "failed"), ("broken", "failed")];
            states.into_iter().all(|(name, state)| is_in(status, name, state))
        })
        .await;
    let why = |name: &str| of(&status, name)["why"].as_str().unwrap_or_default().to_owned();
    assert!(why("failing").contains("pipe-1.conf.json"), "{status:#}");
    assert!(why("broken").contains("unknown key `unknown`"), "{status:#}");
    assert!(fleet.deployed("good").exists());
    assert_eq!(status["state"], "failed", "that which needs a person");
    let ready = watching.get("/readyz").await.expect("an answer").status();
    assert_eq!(ready, StatusCode::OK);

    let metrics = watching.get("/metrics").await.expect("an answer").text().await.expect("a text");
    for line in [
        "sesam_deployer_in_step{deployment=\"good\"} 1",
        "sesam_deployer_in_step{deployment=\"failing\"} 0",
        "sesam_deployer_failed{deployment=\"broken\"} 1",
        "sesam_deployer_checks_total{deployment=\"good\"} 1",
        "sesam_deployer_deploys_total{deployment=\"good\",environment=\"prod\",outcome=\"deployed\"} 1",
        "sesam_deployer_serves{deployment=\"good\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let page = watching.get("/").await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("<title>3 deployments: 2 failed, 1 in step</title>"), "{page}");

    // A trigger and a hook name a deployment, or are for all.
    let signature = ("X-Hub-Signature-256", SIGNATURE);
    let unknown = watching.post("/hooks/github?deployment=other", BODY, signature).await;
    assert_eq!(unknown, StatusCode::NOT_FOUND);
    let accepted = watching.post("/hooks/github?deployment=good", BODY, signature).await;
    assert_eq!(accepted, StatusCode::ACCEPTED);
    watching.until(|status| of(status, "good")["checks"] == 2).await;
    let status = watching.until(|_| true).await;
    assert_eq!(of(&status, "failing")["checks"], 1, "{status:#}");

    // SIGHUP reads all again: one is mended, one is new, and one is gone.
    fleet.world.write("broken/deployer.toml", settings);
    let file = fleet.world.folder().join("fleet.toml");
    let text = std::fs::read_to_string(&file).expect("the fleet file");
    std::fs::write(&file, text.replace("failing", "later")).expect("it is ours");
    watching.running.signal(Signal::HUP);
    let status = watching
        .until(|status| is_in(status, "broken", "in-step") && is_in(status, "later", "in-step"))
        .await;
    assert_eq!(of(&status, "failing"), &Value::Null);

    // A broken fleet file changes nothing.
    std::fs::write(&file, "[nodes]\n[watch.deployments.good]\nsettings = \"good/deployer.toml\"\n")
        .expect("it is ours");
    watching.running.signal(Signal::HUP);
    watching.post("/trigger", "", ("Authorization", &bearer())).await;
    let checks = of(&status, "later")["checks"].as_u64().unwrap_or_default();
    watching.until(|status| of(status, "later")["checks"].as_u64() > Some(checks)).await;
    let outcome = watching.end(Signal::TERM).await;
    assert_code(&outcome, 143);
    assert_says(
        &outcome,
        [
            "good | Deploy ",
            "broken | error",
            "`nodes` belongs into the settings file of each deployment",
            "the previous list of deployments stays in use",
            "Deployment failing is no longer watched.",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_one_deployment_is_approved_by_its_name() {
    let fleet = Fleet::new("");
    for name in ["a", "b"] {
        fleet.deployment(name, RARELY);
        (2..=20).for_each(|number| fleet.pipe(name, "more", number));
    }
    let watching = fleet.watch("one", &["a", "b"]).await;
    watching.until(|status| is_in(status, "a", "in-step") && is_in(status, "b", "in-step")).await;
    for name in ["a", "b"] {
        let pipes = fleet.world.folder().join(name).join("node/pipes");
        (2..=20).for_each(|number| {
            std::fs::remove_file(pipes.join(format!("pipe-{number}.conf.json"))).expect("it was written");
        });
    }
    watching.post("/trigger", "", ("Authorization", &bearer())).await;
    let held = watching.until(|status| is_in(status, "a", "held") && is_in(status, "b", "held")).await;
    let plan = of(&held, "b")["plan"].as_str().expect("a plan");
    assert!(fleet.messages().iter().any(|text| text.contains(&format!("approve {plan} --deployment b"))));

    let approve = |arguments: &[&str]| {
        let program = fleet.program("one").args(["approve", plan]);
        program.args(arguments).run(LIMIT)
    };
    let unclear = approve(&[]).await;
    assert_code(&unclear, 78);
    assert_says(&unclear, ["--deployment NAME", "`a`, `b`"]);
    assert_code(&approve(&["--deployment", "c"]).await, 78);
    assert_code(&approve(&["--deployment", "b"]).await, 0);
    let status = watching.until(|status| is_in(status, "b", "in-step")).await;
    assert!(is_in(&status, "a", "held"), "{status:#}");
    let refused = fleet.program("one").arg("deploy").run(LIMIT).await;
    assert_code(&refused, 78);
    assert_says(&refused, ["lists deployments", "--settings"]);
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_the_deployment_of_a_retry() {
    let fleet = Fleet::new("");
    fleet.deployment("north", RARELY);
    let file = fleet.world.folder().join("north/deployer.toml");
    let settings = std::fs::read_to_string(&file).expect("the settings");
    let target = "kind = \"node\"\nurl = \"http://127.0.0.1:1\"\ntoken = { env = \"SLACK_TOKEN\" }\n";
    let settings = settings.replace("kind = \"folder\"\npath = \"deployed\"\n", target);
    fleet.world.write("north/deployer.toml", settings);
    let mut watching = fleet.watch("one", &["north"]).await;
    let retry = tokio::time::timeout(LIMIT, watching.running.line_with("trying again")).await;
    let line = retry.ok().flatten().expect("a retry");
    assert!(line.starts_with("north | warning: http://127.0.0.1:1"), "{line}");
    assert_code(&watching.end(Signal::TERM).await, 143);
}

/// The deployments that each process serves.
async fn shares(watching: &[&Watching<'_>]) -> Vec<BTreeSet<String>> {
    let mut all = Vec::new();
    for watching in watching {
        let status = watching.until(|_| true).await;
        let served = status["deployments"].as_array().into_iter().flatten();
        let served = served.filter(|it| it["serves"] == true).filter_map(|it| it["deployment"].as_str());
        all.push(served.map(str::to_owned).collect());
    }
    all
}

/// Waits until processes serve as many deployments each, and each deployment is served once.
async fn shared(watching: &[&Watching<'_>], names: &[&str], numbers: &[usize]) -> Vec<BTreeSet<String>> {
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    let reached = tokio::time::timeout(LIMIT, async {
        loop {
            looks.tick().await;
            let shares = shares(watching).await;
            let mut counts: Vec<usize> = shares.iter().map(BTreeSet::len).collect();
            counts.sort_unstable();
            if counts == numbers && shares.iter().flatten().collect::<BTreeSet<_>>().len() == names.len() {
                return shares;
            }
        }
    });
    reached.await.expect("the processes share the deployments")
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_the_deployments_evenly_and_tell_each_state_once() {
    let started = RealS3::start("test", "testtest", &["state"]);
    let Some(server) = or_skip("replicas that share deployments", started) else { return };
    let fleet = Fleet::new(&format!(
        "[state]\nkind = \"s3\"\nbucket = \"state\"\nendpoint = \"{}\"\n\
         login.access_key = {{ id = {{ env = \"S3_KEY_ID\" }}, secret = {{ env = \"S3_SECRET\" }} }}\n",
        server.url()
    ));
    let names = ["a", "b", "c", "d", "e", "f"];
    names.iter().for_each(|name| fleet.deployment(name, OFTEN));
    let first = fleet.watch("one", &names).await;
    first.until(|status| names.iter().all(|name| is_in(status, name, "in-step"))).await;
    let second = fleet.watch("two", &names).await;
    let third = fleet.watch("three", &names).await;
    let before = shared(&[&first, &second, &third], &names, &[2, 2, 2]).await;

    // A replica that took a deployment over compares it, and does not deploy it again. Each shows all.
    let status = second.until(|status| names.iter().all(|name| is_in(status, name, "in-step"))).await;
    let of_second = before[1].first().expect("a share").as_str();
    let of_third = before[2].first().expect("a share").as_str();
    assert_eq!(of(&status, of_second)["runs"], json!([]));
    assert_eq!(of(&status, of_third)["replica"], "three");

    // Drift is reported by the replica that serves the deployment.
    std::fs::remove_file(fleet.deployed(of_second)).expect("it was deployed");
    let others = [&first, &second, &third];
    for watching in others {
        watching.until(|status| is_in(status, of_second, "drifted")).await;
    }

    // A trigger that reaches another replica is passed on.
    fleet.pipe(of_third, "second", 1);
    let path = format!("/trigger?deployment={of_third}");
    assert_eq!(first.post(&path, "", ("Authorization", &bearer())).await, StatusCode::ACCEPTED);
    let status = third.until(|status| of(status, of_third)["runs"] != json!([])).await;
    assert_eq!(of(&status, of_third)["runs"].as_array().map(Vec::len), Some(1), "{status:#}");

    // A killed replica is replaced when its signs of life end, and nothing is repeated.
    second.running.signal(Signal::KILL);
    second.running.wait(LIMIT).await;
    let after = shared(&[&first, &third], &names, &[3, 3]).await;
    let next = if after[0].contains(of_second) { &first } else { &third };
    next.until(|status| of(status, of_second)["why"].as_str().is_some_and(|why| why.contains("pipe-1")))
        .await;

    // One that ends cleanly is replaced without that wait.
    assert_code(&third.end(Signal::TERM).await, 143);
    shared(&[&first], &names, &[6]).await;
    first
        .until(|status| of(status, of_second)["why"].as_str().is_some_and(|why| why.contains("pipe-1")))
        .await;
    let drifts: BTreeMap<String, usize> =
        fleet.messages().into_iter().fold(BTreeMap::new(), |mut all, text| {
            *all.entry(text).or_default() += 1;
            all
        });
    assert_eq!(drifts.values().sum::<usize>(), 1, "once, over all replicas: {drifts:#?}");
    assert!(drifts.keys().all(|text| text.contains(&format!("Drift in {of_second} (prod)"))), "{drifts:#?}");
    assert_code(&first.end(Signal::TERM).await, 143);
}
