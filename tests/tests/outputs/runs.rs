//! What a test does before, during and after the run of the pipes.

use std::time::Duration;

use deployer_testkit::server::{Answer, Moment, Rule};
use deployer_tests::checks::{assert_code, assert_says, said};
use serde_json::{Value, json};
use sesam_node::Node;

use crate::PROGRAM;
use deployer_tests::bench::{Bench, LIMIT, TOKEN};

const STOP: &str = "POST /pipes/stop-run-all-pipes";

/// A bench whose node reads a script of runs.
fn scripted(script: &Value) -> Bench {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("run.json"), script.to_string()).expect("writable");
    let answers = sesam_node::Answers::read(folder.path()).expect("a script");
    Bench::on(PROGRAM, Node::builder().jwt(TOKEN).answers(answers).build().expect("a node"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_somebody_else_is_ended_only_with_the_lock_and_consent() {
    let bench = Bench::new(PROGRAM);
    bench.run(0, &["deploy", "--yes"]).await;
    bench.change("node/pipes/customer-out.conf.json", |pipe| pipe["description"] = json!("changed"));
    let mut hold = bench.world.faults().hold(Rule::new("PUT", "/api/config"), Moment::BeforeApply);
    let deploying = bench.program().args(["deploy", "--yes"]).start();
    tokio::time::timeout(LIMIT, hold.arrived()).await.expect("it writes").expect("it is held");
    for arguments in [&["test", "--yes"][..], &["test", "--skip", "upload"], &["run"]] {
        assert_says(&bench.run(4, arguments).await, ["another run"]);
    }
    assert!(!bench.requests().iter().any(|it| it == STOP), "the lock comes first");
    drop(hold);
    assert_code(&deploying.wait(LIMIT).await, 0);

    for name in ["customer", "customer-out", "customer-list"] {
        bench.remove(&format!("node/pipes/{name}.conf.json"));
    }
    let outcome = bench.run(4, &["test"]).await;
    assert_says(&outcome, ["the plan leaves no pipe on the node"]);
    assert!(!bench.requests().iter().any(|it| it == STOP), "consent comes first");
}

#[tokio::test(flavor = "multi_thread")]
async fn pipes_that_did_not_do_all_their_work_are_named_with_the_reasons() {
    let bench = scripted(&json!({ "failing": { "customer-list": "no route" } }));
    let pump = json!({ "use_dead_letter_dataset": true });
    bench.change("node/pipes/customer-out.conf.json", |pipe| pipe["pump"] = pump);
    let dead = json!({ "runtime": { "count-index-exists": 3 } });
    bench.world.faults().answer(Rule::path("/api/datasets/*"), Answer::json(200, &dead));
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    let outcome = bench.run(0, &["test", "--yes", "--junit", &junit]).await;
    let failed = "customer-list: no route; pump-failed: The pump failed.; no route";
    assert_says(
        &outcome,
        [&format!("failed pipe {failed}"), "pipe customer-out: dead letters: 3", "1 passed"],
    );
    assert!(
        bench.junit().contains("name=\"customer-out\"><system-out>dead letters: 3</system-out>"),
        "{}",
        bench.junit()
    );
    let asked: Vec<_> = bench.requests().into_iter().filter(|it| it.ends_with("/log")).collect();
    assert_eq!(asked, ["GET /pipes/customer-list/log"], "only the log of a failed pipe is read");

    bench.world.faults().clear();
    bench.world.faults().answer(Rule::path("/api/pipes/customer-list/log"), Answer::json(404, &json!({})));
    let outcome = bench.run(0, &["test", "--yes", "--json"]).await;
    assert_says(&outcome, ["it is not known whether the pipe customer-list did all the work"]);
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one document");
    let troubled = json!([
        { "pipe": "customer-list", "failed": true, "message": "no route", "pump_failed": null, "queue": 0, "dead_letters": 0 }
    ]);
    assert_eq!(document["troubled_pipes"], troubled, "{document:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_names_its_failed_pipes() {
    let bench = scripted(&json!({ "status": "failed", "failing": { "customer": "no memory" } }));
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    let outcome = bench.run(1, &["test", "--yes", "--junit", &junit]).await;
    assert_says(&outcome, ["the run of the pipes failed", "customer: no memory; pump-failed: "]);
    let report = bench.junit();
    for part in
        ["<testcase classname=\"run\" name=\"all pipes\"><error type=\"run\"", "<failure type=\"pipe\""]
    {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_can_have_any_limit() {
    let bench = scripted(&json!({ "seconds": 0.5 }));
    bench.run(0, &["deploy", "--yes"]).await;
    bench.run(0, &["run", "--max-run-time", &u64::MAX.to_string()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_uses_the_environment_ci_if_no_other_is_chosen() {
    let bench = Bench::new(PROGRAM);
    let settings = bench.read("deployer.toml").replace("environment = \"ci\"", "environment = \"prod\"");
    bench.write("deployer.toml", &format!("{settings}\n[environments.ci]\n"));
    let environment = async |arguments: &[&str]| {
        let outcome = bench.program().args(arguments).arg("--json").run(LIMIT).await;
        let document: Value = serde_json::from_str(&outcome.stdout()).expect("one document");
        document["environment"].as_str().expect("a text").to_owned()
    };
    assert_eq!(environment(&["test", "--yes"]).await, "ci");
    assert_eq!(environment(&["verify"]).await, "ci");
    assert_eq!(environment(&["verify", "--environment", "prod"]).await, "prod");
    assert_eq!(environment(&["pipes"]).await, "prod");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_specs_are_compared_concurrently_with_one_request_each() {
    const SPECS: usize = 500;
    let bench = Bench::new(PROGRAM);
    let requests = async |passed: usize| {
        bench.world.log().clear();
        let outcome = bench.run(0, &["test", "--yes"]).await;
        assert_says(&outcome, [format!("Outputs: {passed} passed, 1 left out")]);
        // How often a run is looked at depends on the machine.
        let is_counted = |it: &String| it != "GET /pipes/get-pipe-runner-status";
        bench.requests().into_iter().filter(is_counted).count()
    };
    requests(1).await;
    let with_one = requests(1).await;
    for number in 0..SPECS {
        let spec = json!({ "pipe": "customer-out", "file": "customer-out.json", "blacklist": ["secret"] });
        bench.write(&format!("node/expected/spec-{number}.test.json"), &spec.to_string());
    }
    bench.world.faults().round_trip(Duration::from_millis(20));
    assert_eq!(requests(1 + SPECS).await, with_one + SPECS);
    let log = bench.world.log();
    assert!(log.most_in_flight() <= 16, "{} at once", log.most_in_flight());
    let chain = log.longest_chain(|entry| entry.path.contains("/entities")).len();
    assert!(chain <= SPECS / 4, "{chain} requests one after the other");
}

/// More memory than a few outputs need, and less than all of them.
#[tokio::test(flavor = "multi_thread")]
async fn large_outputs_are_not_all_in_memory() {
    const SPECS: usize = 80;
    let bench = Bench::new(PROGRAM);
    let name = "x".repeat(4_000_000);
    bench.write("node/testdata/customer.json", &json!([{ "_id": "1", "name": name }]).to_string());
    bench.write("node/expected/customer-out.json", &json!([{ "_id": "1", "name": name }]).to_string());
    let sink = json!({ "type": "csv_endpoint", "columns": ["_id", "name"] });
    let source = json!({ "type": "dataset", "dataset": "customer" });
    let pipe = json!({ "_id": "csv", "type": "pipe", "source": source, "sink": sink });
    bench.write("node/pipes/csv.conf.json", &pipe.to_string());
    bench.write("node/expected/document.csv", &format!("_id,name\r\n1,{name}\r\n"));
    for number in 0..SPECS {
        let spec = json!({ "pipe": "csv", "endpoint": "csv", "file": "document.csv" });
        bench.write(&format!("node/expected/spec-{number}.test.json"), &spec.to_string());
    }
    let limited =
        bench.other("/bin/sh").arg("-c").arg("ulimit -d \"$0\"; exec \"$@\"").arg("300000").arg(PROGRAM);
    let settings = bench.world.folder().join("deployer.toml");
    let outcome = limited.arg("--settings").arg(settings).args(["test", "--yes"]).run(LIMIT).await;
    assert_code(&outcome, 0);
    assert_says(&outcome, [format!("Outputs: {} passed, 1 left out", SPECS + 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_document_of_a_copying_pipe_is_compared_by_its_bytes() {
    let bench = Bench::new(PROGRAM);
    for (kind, more) in
        [("csv", json!({ "columns": ["_id", "name"] })), ("xml", json!({ "wrapper": "list" }))]
    {
        let mut sink = json!({ "type": format!("{kind}_endpoint") });
        sink.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let source = json!({ "type": "dataset", "dataset": if kind == "csv" { "customer" } else { "tags" } });
        let pipe = json!({ "_id": kind, "type": "pipe", "source": source, "sink": sink });
        bench.write(&format!("node/pipes/{kind}.conf.json"), &pipe.to_string());
        let spec = json!({ "endpoint": kind, "file": format!("document.{kind}") });
        bench.write(&format!("node/expected/{kind}.test.json"), &spec.to_string());
    }
    let tags = json!({ "_id": "tags", "type": "pipe", "source": { "type": "embedded", "entities": [{ "_id": "1", "<b>": "x" }] } });
    bench.write("node/pipes/tags.conf.json", &tags.to_string());
    bench.run(0, &["test", "--yes", "--update"]).await;
    assert_eq!(bench.read("node/expected/document.csv"), "_id,name\r\n1,Åse\r\n2,\r\n");
    assert_eq!(bench.read("node/expected/document.xml"), "<list>\n  <b>x</b>\n</list>\n");
    let outcome = bench.run(0, &["test", "--yes"]).await;
    assert_says(&outcome, ["Outputs: 3 passed, 1 left out"]);
    bench.write("node/expected/document.csv", "_id,name\n1,Åse\n2,\n");
    assert_says(&bench.run(2, &["test", "--yes"]).await, ["csv: the documents differ"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn specs_that_share_an_expected_file_cannot_give_it_two_contents() {
    let bench = Bench::new(PROGRAM);
    bench.write(
        "node/expected/whole.test.json",
        &json!({ "pipe": "customer-out", "file": "customer-out.json" }).to_string(),
    );
    let outcome = bench.run(1, &["test", "--yes", "--update"]).await;
    assert_says(
        &outcome,
        ["which also has the expected file node/expected/customer-out.json", "another `file`"],
    );
}

/// The files are those that were verified before the upload, whatever happens to them meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_edited_during_a_test_is_not_deployed_with_the_switches_taken_back() {
    let bench = Bench::new(PROGRAM);
    let file = bench.world.folder().join("node/pipes/customer-list.conf.json");
    let edited = bench
        .read("node/pipes/customer-list.conf.json")
        .replace("\"pipe\"", "\"pipe\",\"description\":\"new\"");
    bench.world.faults().call(
        Rule::new("GET", "/api/pipes/customer-out/entities"),
        Moment::BeforeApply,
        move |_| std::fs::write(&file, &edited).expect("writable"),
    );
    let outcome = bench.run(0, &["test", "--yes"]).await;
    assert!(!said(&outcome).contains("switches"), "{}", said(&outcome));
    assert_eq!(bench.metadata(), None, "the switches are taken back");
    let pipe = bench.world.node().state().entity("customer-list").expect("the pipe");
    assert_eq!(pipe["description"], Value::Null, "nothing else is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_rejects_the_upload_has_no_switches_to_take_back() {
    let bench = Bench::new(PROGRAM);
    let rejected = json!({ "validation_errors": [{
        "posted-config": { "_id": "customer-out" }, "is-valid-config": false, "config-errors": [{ "msg": "no such sink", "level": "error" }],
    }]});
    bench.world.faults().answer(Rule::new("PUT", "/api/config"), Answer::json(400, &rejected));
    let log = bench.requests().len();
    let outcome = bench.run(3, &["test", "--yes"]).await;
    assert_says(&outcome, ["no such sink"]);
    assert!(!said(&outcome).contains("switches"), "{}", said(&outcome));
    let uploads = bench.requests().split_off(log).into_iter().filter(|it| it == "PUT /config").count();
    assert_eq!(uploads, 1, "it is not tried again");
}
