//! `test`, `run`, `verify` and `update`: the output of pipes of an embedded node against expected files.

mod problems;
mod runs;

use deployer_testkit::server::{Answer, Cut, Moment, Rule};
use deployer_testkit::world::Signal;
use deployer_tests::checks::{assert_code, assert_says, said};
use serde_json::{Value, json};
use sesam_node::Node;

use deployer_tests::bench::{Bench, LIMIT, TOKEN};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");

#[tokio::test(flavor = "multi_thread")]
async fn a_test_uploads_posts_runs_compares_and_leaves_the_node_as_the_configuration_says() {
    let bench = Bench::new(PROGRAM);
    let outcome = bench.run(0, &["test", "--yes"]).await;
    assert_says(&outcome, ["Outputs: 1 passed, 1 left out"]);
    let requests = bench.requests();
    let at = |wanted: &str| {
        requests.iter().position(|it| it == wanted).unwrap_or_else(|| panic!("{wanted}: {requests:#?}"))
    };
    let order = [
        "GET /",
        "POST /pipes/stop-run-all-pipes",
        "PUT /env",
        "PUT /config",
        "POST /receivers/customer/entities",
        "POST /pipes/run-all-pipes",
        "GET /pipes/get-pipe-runner-status",
        "GET /pipes/customer-out/entities",
    ];
    let places: Vec<usize> = order.iter().map(|wanted| at(wanted)).collect();
    assert!(places.is_sorted(), "{places:?}: {requests:#?}");
    assert_eq!(bench.metadata(), None, "the switches of the test are taken back");
    assert_eq!(
        requests.iter().filter(|it| *it == "PUT /config").count(),
        2,
        "once with the switches, once without"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_differs_is_shown_by_entity_and_path_and_mended_by_update() {
    let bench = Bench::new(PROGRAM);
    bench.write(
        "node/expected/customer-out.json",
        &json!([{ "_id": "1", "name": "Ase", "sum": 10 }, { "_id": "2" }]).to_string(),
    );
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    let outcome = bench.run(2, &["test", "--yes", "--junit", &junit]).await;
    assert_says(
        &outcome,
        [
            "1 name: \"Ase\" is expected, \"Åse\" is there",
            "-    \"name\": \"Ase\",",
            "+    \"name\": \"Åse\",",
            "node/expected/customer-out.json:4",
        ],
    );
    let report = bench.junit();
    for part in [
        "<testsuite name=\"outputs\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\">",
        "<testcase classname=\"expected\" name=\"customer-out\" file=\"node/expected/customer-out.json\"><failure type=\"content\"",
        "+    &quot;name&quot;: &quot;Åse&quot;,",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    let outcome = bench.run(2, &["test", "--yes", "--json"]).await;
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one document");
    assert_eq!(document["outputs"][1]["differences"][0]["path"], "name", "{document:#}");

    let before = bench.read("node/expected/customer-list.test.json");
    let outcome = bench.run(0, &["test", "--yes", "--update"]).await;
    assert_says(&outcome, ["wrote node/expected/customer-out.json", "Outputs: 1 updated, 1 left out"]);
    let expected = "[\n  {\n    \"_id\": \"1\",\n    \"name\": \"Åse\",\n    \"sum\": 10\n  },\n  {\n    \"_id\": \"2\"\n  }\n]\n";
    assert_eq!(bench.read("node/expected/customer-out.json"), expected);
    assert_eq!(bench.read("node/expected/customer-list.test.json"), before);
    assert!(!bench.exists("node/expected/customer-list.json"));
    bench.run(0, &["test", "--yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_test_are_commands() {
    let bench = Bench::new(PROGRAM);
    bench.run(0, &["deploy", "--yes"]).await;
    // Nothing ran, so that nothing is there.
    bench.run(2, &["verify"]).await;
    bench.run(0, &["run"]).await;
    let log = bench.requests().len();
    bench.write("node/expected/customer-out.json", "[]");
    // Without testdata that was posted, the run outputs nothing.
    bench.run(0, &["verify"]).await;
    let requests: Vec<String> = bench.requests().split_off(log);
    assert_eq!(requests, ["GET /pipes", "GET /pipes/customer-out/entities"]);
    bench.remove("node/expected/customer-out.test.json");
    bench.run(3, &["verify"]).await;
    let outcome = bench.run(0, &["update"]).await;
    assert_says(&outcome, ["wrote node/expected/customer-out.test.json"]);
    assert_eq!(bench.read("node/expected/customer-out.test.json"), "{\n}");
    bench.run(0, &["test", "--skip", "upload", "--skip", "run"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tested_is_told_all_at_once_before_anything_is_fetched() {
    let bench = Bench::new(PROGRAM);
    bench.run(0, &["deploy", "--yes"]).await;
    bench.write("node/expected/custmer-out.test.json", "{}");
    bench.write("node/expected/customer.test.json", "{}");
    bench.remove("node/expected/customer-out.json");
    let log = bench.requests().len();
    let outcome = bench.run(3, &["verify"]).await;
    assert_says(
        &outcome,
        [
            "the spec names the pipe \"custmer-out\", which the node does not have",
            "did you mean \"customer-out\"?",
            "which sends no data out of the node",
            "the expected file node/expected/customer-out.json does not exist",
        ],
    );
    assert_eq!(bench.requests().split_off(log), ["GET /pipes"]);
    bench.write("node/expected/customer-out.test.json", "{\"blacklist\": 1}");
    bench.write("node/testdata/more/customer.json", "7");
    let outcome = bench.run(3, &["test", "--yes"]).await;
    assert_says(
        &outcome,
        ["`blacklist` must be a list of texts", "testdata must be a list of entities", "nothing was written"],
    );
    assert!(!bench.requests().iter().any(|it| it.starts_with("POST /receivers")), "nothing was posted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_needs_one_node_in_developer_mode() {
    let bench = Bench::new(PROGRAM);
    let plain = json!({ "status": { "developer_mode": false } });
    bench.world.faults().answer(Rule::new("GET", "/api/"), Answer::json(200, &plain));
    let outcome = bench.run(4, &["test", "--yes"]).await;
    assert_says(&outcome, ["is not in developer mode"]);
    assert!(!bench.requests().iter().any(|it| it.starts_with("PUT")), "nothing was written");
    bench.world.faults().clear();
    let settings = bench.read("deployer.toml");
    bench.write("deployer.toml", &settings.replace("split = false", "split = true"));
    let outcome = bench.run(4, &["test", "--yes"]).await;
    assert_says(&outcome, ["splits the configuration by owner"]);
    bench.write("deployer.toml", &settings);
    for arguments in [&["test", "--yes"][..], &["test", "--skip", "upload"], &["run"]] {
        assert_code(&bench.program().env("DRY_RUN", "true").args(arguments).run(LIMIT).await, 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_whose_node_somebody_else_changes_is_void() {
    let bench = Bench::new(PROGRAM);
    let node = bench.world.node().clone();
    bench.world.faults().call(
        Rule::new("GET", "/api/pipes/customer-out/entities"),
        Moment::BeforeApply,
        move |_| {
            let mut entities = node.state().config("").to_vec();
            entities
                .push(json!({ "_id": "somebody-else", "type": "system:url", "url_pattern": "http://x/%s" }));
            node.set_config("", entities).expect("the node takes entities");
        },
    );
    let before = bench.read("node/expected/customer-out.json");
    let outcome = bench.run(4, &["test", "--yes", "--update"]).await;
    assert_says(&outcome, ["somebody else changed", "its results are void", "1 not reached"]);
    assert_eq!(bench.read("node/expected/customer-out.json"), before, "no void output is written down");
}

/// Whatever fails, no report claims a pass that did not happen, and the node keeps no switches that the program does not name, and no run.
#[tokio::test(flavor = "multi_thread")]
async fn no_fault_at_any_request_becomes_a_pass() {
    let whole = Bench::new(PROGRAM);
    whole.run(0, &["test", "--yes"]).await;
    let requests = whole.requests();
    let junit = |bench: &Bench| bench.world.folder().join("junit.xml").display().to_string();
    let mut failed_runs = 0;
    for (number, request) in requests.iter().enumerate() {
        let (method, path) = request.split_once(' ').expect("a method and a path");
        let nth = requests[..number].iter().filter(|it| *it == request).count() + 1;
        for fault in ["500", "404", "html", "cut"] {
            let bench = Bench::new(PROGRAM);
            let rule = Rule::new(method, &format!("/api{path}")).nth(nth);
            match fault {
                "500" => bench.world.faults().answer(rule, Answer::json(500, &json!({}))),
                "404" => bench.world.faults().answer(rule, Answer::json(404, &json!({}))),
                "html" => bench.world.faults().answer(rule, Answer::html(200, "Sign in")),
                _ => bench.world.faults().cut(rule, Cut::BeforeAnswer),
            }
            let outcome = bench.program().args(["test", "--yes", "--junit", &junit(&bench)]).run(LIMIT).await;
            let case = format!("{request} ({nth}), {fault}: {}", said(&outcome));
            let report = bench.junit();
            let passed =
                report.contains("name=\"customer-out\" file=\"node/expected/customer-out.json\"></testcase>");
            match outcome.code() {
                Some(0) => assert!(passed && outcome.stdout().contains("1 passed"), "{case}"),
                Some(_) => {
                    assert!(report.contains("<error") || report.contains("<failure"), "{case}\n{report}")
                }
                None => panic!("{case}"),
            }
            if report.contains("<error type=\"run\"") && path.contains("run") {
                let sent = bench.requests();
                let last = sent.iter().rfind(|it| it.ends_with("run-all-pipes"));
                let is_stop = last.is_some_and(|it| it.ends_with("/stop-run-all-pipes"));
                assert!(is_stop, "the run is left going: {case}\n{sent:#?}");
                failed_runs += 1;
            }
            let waits = outcome.stderr().contains("might still have the switches");
            assert!(bench.metadata().is_none() || waits, "{case}");
        }
    }
    assert!(failed_runs > 0, "no fault ended a run");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_test_leaves_no_run_going_and_no_switches() {
    let answers = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(answers.path().join("run.json"), "{\"seconds\": 3600}").expect("writable");
    let answers = sesam_node::Answers::read(answers.path()).expect("a script");
    let bench = Bench::on(PROGRAM, Node::builder().jwt(TOKEN).answers(answers).build().expect("a node"));
    let polled = Rule::path("/api/pipes/get-pipe-runner-status");
    let mut hold = bench.world.faults().hold(polled, Moment::AfterApply);
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    let running = bench.program().args(["test", "--yes", "--junit", &junit]).start();
    tokio::time::timeout(LIMIT, hold.arrived()).await.expect("the run is looked at").expect("it is held");
    running.signal(Signal::INT);
    let outcome = running.wait(LIMIT).await;
    assert_code(&outcome, 130);
    let requests = bench.requests();
    let stops = requests.iter().filter(|it| *it == "POST /pipes/stop-run-all-pipes").count();
    assert_eq!(stops, 3, "before the upload, before the run, and after the interruption: {requests:#?}");
    let report = bench.junit();
    assert!(
        report.contains("<error type=\"run\"") && report.contains("<error type=\"not-reached\""),
        "{report}"
    );
    assert_eq!(bench.metadata(), None, "{}", said(&outcome));
    drop(hold);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_names_the_changed_pipes_that_failed() {
    let bench = Bench::new(PROGRAM);
    let failed = |id: &str| {
        json!({ "_id": id, "runtime": {
            "is-valid-config": true, "state": "failed", "success": false, "last-message": "no route to crm",
        }})
    };
    let pipes = json!([failed("customer-out"), failed("of-somebody-else")]);
    bench.world.faults().answer(Rule::new("GET", "/api/pipes"), Answer::json(200, &pipes));
    let outcome = bench.run(0, &["deploy", "--yes"]).await;
    assert_says(&outcome, ["the last run of the changed pipe customer-out failed: no route to crm"]);
    assert!(!said(&outcome).contains("somebody-else"), "{}", said(&outcome));
    let pipe = bench.read("node/pipes/customer-out.conf.json");
    bench.write("node/pipes/customer-out.conf.json", &pipe.replace("crm", "erp"));
    bench.write(
        "node/systems/erp.conf.json",
        &bench.read("node/systems/crm.conf.json").replace("crm\",", "erp\","),
    );
    bench.world.faults().answer(Rule::new("GET", "/api/pipes"), Answer::json(200, &pipes));
    let outcome = bench.run(0, &["deploy", "--yes", "--json"]).await;
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one document");
    let failed = &document["receipt"]["nodes"][0]["pipes"]["failed"];
    assert_eq!(failed.as_array().map(Vec::len), Some(1), "{document:#}");
    assert_eq!(failed[0]["places"][0], "pipes/customer-out.conf.json:1:1", "{document:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipes_of_a_node_and_their_logs_are_shown() {
    let bench = Bench::new(PROGRAM);
    bench.run(0, &["deploy", "--yes"]).await;
    bench.run(0, &["run"]).await;
    let outcome = bench.run(0, &["pipes"]).await;
    assert_says(&outcome, ["  customer-out   finished  0", "Pump finished."]);
    assert!(!bench.run(0, &["pipes", "--troubled"]).await.stdout().contains("customer-out"));
    let outcome = bench.run(0, &["pipes", "--json"]).await;
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one document");
    assert_eq!(document["nodes"][0]["pipes"][0]["success"], true, "{document:#}");
    let outcome = bench.run(0, &["logs", "customer-out", "--limit", "1"]).await;
    assert_says(&outcome, ["master customer-out pump-completed entities_succeeded: 0"]);
    let outcome = bench.run(1, &["logs", "custmer-out"]).await;
    assert_says(&outcome, ["did you mean \"customer-out\"?"]);
}

/// Several specs for one pipe, which is disabled: it publishes while they are compared, and is disabled again.
#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_pipe_publishes_for_the_test_alone() {
    let bench = Bench::new(PROGRAM);
    for (name, parameters) in [("list-a", json!({ "a": "1" })), ("list-b", json!({ "b": [true, "x y"] }))] {
        let spec = json!({ "pipe": "customer-list", "endpoint": "entities", "parameters": parameters });
        bench.write(&format!("node/expected/{name}.test.json"), &spec.to_string());
    }
    bench.run(0, &["test", "--yes", "--update"]).await;
    bench.run(0, &["test", "--yes"]).await;
    let operations = bench.requests().iter().filter(|it| *it == "POST /pipes/customer-list/pump").count();
    assert_eq!(operations, 0, "it was enabled");
    let node = bench.world.node().clone();
    bench.world.faults().call(
        Rule::new("GET", "/api/pipes/get-pipe-runner-status"),
        Moment::AfterApply,
        move |_| {
            node.disable_pipe("customer-list").expect("the node has it");
        },
    );
    bench.run(0, &["test", "--yes"]).await;
    let operations = bench.requests().iter().filter(|it| *it == "POST /pipes/customer-list/pump").count();
    assert_eq!(operations, 2, "enabled once, and disabled again");
}
