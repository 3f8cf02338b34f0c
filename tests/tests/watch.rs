//! `watch`: new revisions, plans that are held, drift, webhooks, pages and signals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deployer_testkit::server::Entry;
use deployer_testkit::world::Signal;
use deployer_tests::checks::assert_code;
use deployer_tests::scene::{BRANCH, SLACK_TOKEN, Scene};
use deployer_tests::watching::{BODY, SIGNATURE, TOKEN, Watching};
use reqwest::StatusCode;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);

/// The requests of a comparison to a Sesam node.
const COMPARISON: [&str; 4] = ["GET /api/config", "GET /api/config-all", "GET /api/env", "GET /api/secrets"];

/// A notifier for the world's Slack.
fn slack(scene: &Scene) -> String {
    scene.world.slack().token(SLACK_TOKEN);
    scene.world.slack().channel("deploys");
    scene.slack_section("#deploys")
}

fn pipes(scene: &Scene) -> usize {
    scene.state().config["default"].values().filter(|entity| entity["type"] == "pipe").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_hook_deploys_what_changed_and_an_unchanged_source_costs_no_request() {
    let scene = Scene::new();
    let watching = Watching::start(&scene, PROGRAM, "interval = 3600\ndrift = \"ignore\"").await;
    let first = watching.state("in-step", 1).await;
    assert_eq!(first["newest"], first["deployed"]);
    assert_eq!(first["runs"][0]["outcome"], "deployed");
    assert!(pipes(&scene) > 0);

    let requests = scene.world.log().entries().len();
    scene.write("log.txt", "no part of the configuration");
    watching.hook().await;
    let checked = watching.until(|status| status["checks"] == 2).await;
    assert_eq!(checked["runs"], first["runs"]);
    assert_eq!(scene.world.log().entries().len(), requests, "an unchanged folder asks no server");

    scene.replace(
        "node/pipes/crm-kunde.conf.json",
        "\"type\": \"pipe\"",
        "\"type\": \"pipe\", \"comment\": \"new\"",
    );
    for (path, signature) in [("/hooks/github", "sha256=00"), ("/hooks/other", SIGNATURE)] {
        let refused = watching.post(path, BODY, ("X-Hub-Signature-256", signature)).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED, "{path}");
    }
    let large = "x".repeat(1024 * 1024 + 1);
    let refused = watching.post("/hooks/github", &large, ("X-Hub-Signature-256", SIGNATURE)).await;
    assert_eq!(refused, StatusCode::PAYLOAD_TOO_LARGE);
    watching.hook().await;
    let second = watching.state("in-step", 2).await;
    assert_ne!(second["deployed"], first["deployed"]);
    assert_eq!(scene.state().config["default"]["crm-kunde"]["comment"], "new");

    let page = watching.get("/").await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("Every node has what the configuration says."), "{page}");
    let metrics = watching.get("/metrics").await.expect("an answer").text().await.expect("a text");
    assert!(metrics.contains("sesam_deployer_in_step 1") && metrics.ends_with("# EOF\n"), "{metrics}");
    for node in ["master", "nett", "marked"] {
        let counted = format!(
            "sesam_deployer_node_deploys_total{{environment=\"test\",node=\"{node}\",outcome=\"deployed\"}} 2"
        );
        assert!(metrics.contains(&counted), "{counted}: {metrics}");
    }
    for path in ["/", "/status", "/metrics", "/healthz", "/absent"] {
        let answer = watching.get(path).await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let policy = header("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.ends_with("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(header("cache-control"), Some("no-store"), "{path}");
    }
    for path in ["/", "/status", "/metrics"] {
        let answer = watching.client.get(format!("{}{path}", watching.address)).send().await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        let answer = watching.client.get(format!("{}{path}", watching.address)).send().await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::OK, "{path}");
    }
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_an_unchanged_repository_is_one_look_at_it_and_asks_no_store_and_no_node() {
    let scene = Scene::new();
    let repository = scene.world.git().create("configuration", BRANCH, &scene.files(""));
    let source = format!(
        "interval = 3600\ndrift = \"ignore\"\n[environments.test.source]\nkind = \"git\"\nurl = \"{}\"\nbranch = \"{BRANCH}\"\n\
         username = \"deployer\"\ntoken = {{ env = \"GIT_TOKEN\" }}\n",
        scene.world.git_url("configuration")
    );
    let watching = Watching::start(&scene, PROGRAM, &source).await;
    let first = watching.state("in-step", 1).await;
    let before = scene.world.log().entries().len();
    watching.hook().await;
    watching.until(|status| status["checks"] == 2).await;
    let asked = scene.world.log().entries().split_off(before);
    assert!(asked.len() == 2, "the protocol, then the branch: {asked:?}");
    assert!(asked.iter().all(|entry| entry.path.starts_with("/git/configuration.git/")), "{asked:?}");

    let path = "node/pipes/crm-kunde.conf.json";
    let changed = scene.read(path).replace("\"type\": \"pipe\"", "\"type\": \"pipe\", \"comment\": \"new\"");
    repository.commit(BRANCH, "change", &BTreeMap::from([(path.to_owned(), changed.into_bytes())]));
    watching.hook().await;
    let second = watching.state("in-step", 2).await;
    assert_ne!(second["deployed"], first["deployed"]);
    assert_eq!(scene.state().config["default"]["crm-kunde"]["comment"], "new");
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_of_an_unchanged_revision_reads_each_node_and_neither_source_nor_store() {
    let scene = Scene::new();
    scene.world.git().create("configuration", BRANCH, &scene.files(""));
    let source = format!(
        "interval = 3600\ndrift_interval = 1\n[environments.test.source]\nkind = \"git\"\nurl = \"{}\"\nbranch = \"{BRANCH}\"\n\
         username = \"deployer\"\ntoken = {{ env = \"GIT_TOKEN\" }}\n",
        scene.world.git_url("configuration")
    );
    let watching = Watching::start(&scene, PROGRAM, &source).await;
    watching.state("in-step", 1).await;
    let compared = || {
        let log = scene.world.log().entries();
        let starts = log.iter().enumerate().filter(|(_, entry)| entry.is("GET", "/api/config"));
        starts.map(|(at, _)| at).collect::<Vec<_>>()
    };
    // The first comparison after a deploy fetches the revision.
    let before = compared().len();
    watching.until(|_| compared().len() > before + 5).await;
    let from = compared()[before + 1];
    let log = scene.world.log().entries().split_off(from);
    let named = |entry: &Entry| format!("{} {}", entry.method, entry.path_only());
    let count = |wanted: &str| log.iter().filter(|entry| named(entry) == wanted).count();
    for asked in COMPARISON {
        // The first and the last comparison are seen in part.
        let difference = count(asked).abs_diff(count(COMPARISON[0]));
        assert!(difference <= 1, "once in each comparison: {asked}: {log:?}");
    }
    let others: BTreeSet<String> =
        log.iter().map(named).filter(|asked| !COMPARISON.contains(&asked.as_str())).collect();
    let is_target = |asked: &String| asked.contains("/git/nett.git/") || asked.contains("/git/marked.git/");
    assert!(others.iter().all(is_target), "neither the source nor a store: {others:?}");
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_reported_by_name_and_left_alone() {
    let scene = Scene::new();
    let more = format!("interval = 3600\ndrift_interval = 1\n{}", slack(&scene));
    let watching = Watching::start(&scene, PROGRAM, &more.replace("\"always\"", "\"failures\"")).await;
    watching.state("in-step", 1).await;
    let node = scene.world.node();
    let mut entities = node.state().config("").to_vec();
    entities.retain(|entity| entity["_id"] != "crm-kunde");
    node.set_config("", entities).expect("the node takes entities");
    let drifted = watching.state("drifted", 1).await;
    assert!(drifted["why"].as_str().is_some_and(|why| why.contains("pipe crm-kunde")), "{drifted:#}");
    assert!(!scene.state().config["default"].contains_key("crm-kunde"));
    let node = |name: &str, drifted: bool| json!({ "name": name, "outcome": "deployed", "drifted": drifted });
    assert_eq!(drifted["nodes"], json!([node("marked", false), node("master", true), node("nett", false)]));
    let compared = || scene.world.log().matching("GET", "/api/config").len();
    let before = compared();
    watching.until(|_| compared() > before + 1).await;
    let messages = scene.world.slack().messages();
    assert_eq!(messages.len(), 1, "one for the state, none for each comparison: {messages:?}");
    assert!(messages[0].text.contains("*Drift in test*"), "{}", messages[0].text);
    assert!(messages[0].text.contains("pipe crm-kunde"), "{}", messages[0].text);
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_source_and_its_return_are_notified_once() {
    let scene = Scene::new();
    let more = format!("interval = 1\ndrift = \"ignore\"\n{}", slack(&scene));
    let watching = Watching::start(&scene, PROGRAM, &more.replace("\"always\"", "\"changes\"")).await;
    watching.state("in-step", 1).await;
    let away = scene.root.with_extension("away");
    std::fs::rename(&scene.root, &away).expect("the folder is ours");
    watching.until(|status| !status["source_failure"].is_null()).await;
    let node = scene.world.node().requests().len();
    let messages = || scene.world.slack().messages();
    let texts = |count: usize| {
        let texts: Vec<String> = messages().into_iter().map(|message| message.text).collect();
        assert_eq!(texts.len(), count, "{texts:?}");
        texts
    };
    // The first message is that of the deploy.
    watching.until(|_| messages().len() > 1).await;
    std::fs::rename(&away, &scene.root).expect("the folder is ours");
    watching.until(|_| messages().len() > 2).await;
    let texts = texts(3);
    assert!(texts[1].contains("*Source unreadable for test*"), "{}", texts[1]);
    assert!(texts[2].contains("*Recovered: test*"), "{}", texts[2]);
    assert_eq!(scene.world.node().requests().len(), node, "no node is asked");
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_needs_consent_is_held_until_exactly_this_plan_is_approved() {
    let scene = Scene::new();
    let more = format!("interval = 3600\ndrift = \"ignore\"\n{}", slack(&scene));
    let watching = Watching::start(&scene, PROGRAM, &more.replace("\"always\"", "\"failures\"")).await;
    watching.state("in-step", 1).await;
    let before = scene.state();

    scene.write("node/deployment/whitelist-test.txt", "\n");
    watching.hook().await;
    let held = watching.state("held", 2).await;
    assert_eq!(scene.state(), before);
    assert!(held["why"].as_str().is_some_and(|why| why.contains("leaves no pipe")), "{held:#}");
    let plan = held["plan"].as_str().expect("a name").to_owned();
    let page = watching.get("/").await.expect("an answer").text().await.expect("a page");
    assert!(page.contains(&plan), "{page}");

    let messages = scene.world.slack().messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].text.contains("*Plan held for test*"), "{}", messages[0].text);
    assert!(messages[0].text.contains(&plan), "{}", messages[0].text);

    let bearer = format!("Bearer {TOKEN}");
    let approve = |body: String, token: String| {
        let watching = &watching;
        async move { watching.post("/approve", &body, ("Authorization", &token)).await }
    };
    assert_eq!(approve(plan.clone(), "Bearer wrong".to_owned()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(approve("0123456789ab".to_owned(), bearer.clone()).await, StatusCode::CONFLICT);
    assert_eq!(scene.state(), before);

    let approved = scene
        .program_with_file(PROGRAM, "")
        .args(["approve", &plan, "--state", "root/state"])
        .run(LIMIT)
        .await;
    assert_code(&approved, 0);
    watching.state("in-step", 3).await;
    assert_eq!(pipes(&scene), 0);
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_corrected_and_broken_settings_leave_the_previous_ones_in_use() {
    let scene = Scene::new();
    let watching =
        Watching::start(&scene, PROGRAM, "interval = 1\ndrift = \"correct\"\ndrift_interval = 1").await;
    watching.state("in-step", 1).await;
    let before = scene.state();
    let node = scene.world.node();
    let mut entities = node.state().config("").to_vec();
    let pipe = entities.iter_mut().find(|entity| entity["_id"] == "crm-kunde").expect("the node has it");
    pipe["comment"] = "by hand".into();
    node.set_config("", entities).expect("the node takes entities");
    watching.state("in-step", 2).await;
    assert_eq!(scene.state().config, before.config);

    let file = scene.world.folder().join("settings/deployer.toml");
    let settings = std::fs::read_to_string(&file).expect("the settings");
    std::fs::write(&file, format!("{settings}\nunknown = 1\n")).expect("the settings");
    watching.running.signal(Signal::HUP);
    scene.replace(
        "node/pipes/crm-kunde.conf.json",
        "\"type\": \"pipe\"",
        "\"type\": \"pipe\", \"comment\": \"new\"",
    );
    watching.state("in-step", 3).await;
    assert_eq!(scene.state().config["default"]["crm-kunde"]["comment"], "new");

    std::fs::write(&file, settings).expect("the settings");
    watching.running.signal(Signal::HUP);
    let again = watching.state("in-step", 4).await;
    assert_eq!(
        again["runs"][0]["summary"].as_str().map(|it| it.starts_with("Nothing to do.")),
        Some(true),
        "{again:#}"
    );
    let outcome = watching.end(Signal::INT).await;
    assert_code(&outcome, 130);
    let said = outcome.stderr();
    assert!(said.contains("unknown") && said.contains("the previous settings stay in use"), "{said}");
    assert!(said.contains("The settings were read again."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_fails_is_given_up_and_tried_again_after_a_trigger() {
    let scene = Scene::new();
    scene.write("node/pipes/crm-kunde.conf.json", "{ broken");
    let watching = Watching::start(&scene, PROGRAM, "interval = 3600\ndrift = \"ignore\"\ntries = 1").await;
    let failed = watching.state("failed", 1).await;
    assert!(failed["why"].as_str().is_some_and(|why| why.contains("crm-kunde.conf.json")), "{failed:#}");
    assert_eq!(failed["deployed"], Value::Null);
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(watching.post("/trigger", "", ("Authorization", &bearer)).await, StatusCode::ACCEPTED);
    watching.state("failed", 2).await;
    assert_code(&watching.end(Signal::TERM).await, 143);
}
