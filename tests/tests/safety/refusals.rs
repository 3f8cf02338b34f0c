//! A node that answers with failures, refuses, or is cut off.

use deployer_testkit::server::{Answer, Cut, Rule};
use deployer_testkit::world::Outcome;
use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says, pushes};
use deployer_tests::scene::Scene;
use serde_json::{Map, Value, json};

use crate::{LIMIT, PROGRAM};

/// A pipe with a source type that no node knows, and where it stands.
const BROKEN: &str = "node/pipes/crm-avtale.conf.json";

fn break_a_pipe(scene: &Scene) -> String {
    scene.replace(BROKEN, "\"type\": \"rest\"", "\"type\": \"rets\"");
    scene.places(BROKEN, "\"type\": \"rets\"").remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_unavailable_twice_is_deployed_to_once() {
    let scene = Scene::new();
    let unavailable = Answer::html(503, "Service Unavailable");
    scene.world.faults().answer(Rule::new("PUT", "/api/config").first(2), unavailable);
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 0);
    let uploads = scene.world.log().matching("PUT", "/api/config");
    let statuses: Vec<Option<u16>> = uploads.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
    assert!(uploads.iter().all(|entry| entry.path == "/api/config?force=false"), "{uploads:?}");
    assert_eq!(pushes(&scene.world).len(), 2);
}

/// What a node that held other variables and a secret looks like after a refused upload, and what was said.
async fn refused(with: impl Fn(&Scene) -> deployer_testkit::world::Program<'_>) {
    let scene = Scene::new();
    let variables =
        Map::from_iter([("crm-page-size".to_owned(), json!(7)), ("of-old".to_owned(), json!("x"))]);
    scene.world.node().set_env(variables).expect("a node in memory");
    scene.world.node().set_secret(None, "crm-token", "value of crm-token").expect("a node in memory");
    let before = scene.state();
    let place = break_a_pipe(&scene);

    let outcome = with(&scene).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 1);
    assert_says(
        &outcome,
        ["the node refused the configuration", "pipe crm-avtale: 'rets' is not one of", &place],
    );
    assert_says(
        &outcome,
        ["set variables: put back", "send secrets: put back", "upload configuration: failed"],
    );
    assert_says(&outcome, ["push to branch main: not done", "FORCE=false"]);
    assert_eq!(scene.state(), before, "variables are put back, new secrets are removed");
    assert!(pushes(&scene.world).is_empty());
    assert_eq!(scene.world.log().matching("PUT", "/api/config").len(), 1, "nothing is forced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_configuration_is_put_back_where_force_is_off() {
    refused(|scene| scene.program(PROGRAM).env("FORCE", "false")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_settings_file_a_refusal_is_foreseen_before_anything_is_written() {
    let scene = Scene::new();
    break_a_pipe(&scene);
    let outcome = scene.program_with_file(PROGRAM, "").arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 1);
    assert_says(
        &outcome,
        ["pipe crm-avtale: unknown source type \"rets\"", "pipes/crm-avtale.conf.json:6:13"],
    );
    assert_nothing_written(&scene.world, &outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_configuration_is_shown_and_then_forced_where_force_is_on() {
    let scene = Scene::new();
    let place = break_a_pipe(&scene);
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 0);
    assert_says(
        &outcome,
        ["pipe crm-avtale: 'rets' is not one of", &place, "upload configuration: done", "forced"],
    );
    let uploads = scene.world.log().matching("PUT", "/api/config");
    let uploads: Vec<&str> = uploads.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(uploads, ["/api/config?force=false", "/api/config?force=true"]);
    assert_eq!(pushes(&scene.world).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_role_is_told_at_once() {
    let scene = Scene::new();
    let denied = Answer::json(403, &json!({ "detail": "Permission denied.", "status": 403 }));
    scene.world.faults().answer(Rule::new("GET", "/api/config"), denied);
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 1);
    assert_nothing_written(&scene.world, &outcome);
    let asked = scene.world.log().entries().into_iter().filter(|entry| entry.is("GET", "/api/config"));
    assert_eq!(asked.count(), 1, "a refusal is not asked for again");
    assert_says(&outcome, ["error[denied]", "the token lacks the role Admin or Developer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_the_token_may_not_make_is_told_at_once_and_put_back() {
    let scene = Scene::new();
    let before = scene.state();
    scene
        .world
        .faults()
        .answer(Rule::new("PUT", "/api/config"), Answer::json(403, &json!({ "detail": "No." })));
    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 1);
    assert_eq!(scene.world.log().matching("PUT", "/api/config").len(), 1);
    assert_says(&outcome, ["the token lacks the role Admin or Developer"]);
    assert_eq!(scene.state(), before);
    assert!(pushes(&scene.world).is_empty());
}

/// The outcomes of the master's steps by name, from the receipt of a run with `--json`.
fn steps_of_master(outcome: &Outcome) -> Map<String, Value> {
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one JSON document");
    let nodes = document["receipt"]["nodes"].as_array().expect("a receipt").clone();
    let master = nodes.into_iter().find(|node| node["node"] == "master").expect("the master");
    let steps = master["steps"].as_array().expect("steps").clone();
    steps
        .iter()
        .map(|step| (step["step"].as_str().unwrap_or_default().to_owned(), step["outcome"].clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_off_before_its_end_is_read_back_and_sent_again() {
    let scene = Scene::new();
    scene.world.faults().cut(Rule::new("PUT", "/api/config").nth(1), Cut::InBody(1000));
    let outcome = scene.program(PROGRAM).args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&outcome, 0);
    assert_eq!(steps_of_master(&outcome)["upload configuration"], "done");
    let asked = ["PUT", "GET", "GET", "PUT", "GET"];
    assert_eq!(
        sequence(&scene),
        asked,
        "the outcome is read back, the node compared before the second upload, and looked at in the end"
    );
    assert!(scene.state().config["default"].contains_key("crm-kunde"));
    assert_eq!(pushes(&scene.world).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_applied_and_cut_off_is_read_back_and_not_sent_again() {
    let scene = Scene::new();
    scene.world.faults().cut(Rule::new("PUT", "/api/config").nth(1), Cut::BeforeAnswer);
    let outcome = scene.program(PROGRAM).args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&outcome, 0);
    assert_eq!(steps_of_master(&outcome)["upload configuration"], "done");
    assert_eq!(sequence(&scene), ["PUT", "GET", "GET"], "read back, and looked at in the end");
    assert_says(&outcome, ["applied, as reading back shows"]);
    assert_eq!(pushes(&scene.world).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_off_every_time_fails_and_is_put_back() {
    let scene = Scene::new();
    let before = scene.state();
    scene.world.faults().cut(Rule::new("PUT", "/api/config"), Cut::InBody(1000));
    let outcome = scene.program(PROGRAM).args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&outcome, 1);
    let steps = steps_of_master(&outcome);
    assert_eq!(steps["upload configuration"], "failed", "{steps:?}");
    assert_eq!(steps["set variables"], "put-back", "{steps:?}");
    assert_eq!(steps["send secrets"], "put-back", "{steps:?}");
    assert_eq!(scene.state(), before);
    assert!(pushes(&scene.world).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_outcome_cannot_be_read_back_is_reported_as_unknown() {
    let scene = Scene::new();
    scene.world.faults().cut(Rule::new("PUT", "/api/config"), Cut::BeforeAnswer);
    // The fourth reading, after the upload. Before it come that of the plan and those right before the first write and the upload.
    scene.world.faults().answer(Rule::new("GET", "/api/config").from(4), Answer::json(403, &json!({})));
    let outcome = scene.program(PROGRAM).args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&outcome, 1);
    let steps = steps_of_master(&outcome);
    assert_eq!(steps["upload configuration"], "unknown", "{steps:?}");
    assert_eq!(steps["set variables"], "done", "what an upload may need is not taken away: {steps:?}");
    assert_says(&outcome, ["run `plan` to see what the node holds"]);
    assert!(pushes(&scene.world).is_empty());
}

/// The methods of the requests for the configuration from the first upload on.
fn sequence(scene: &Scene) -> Vec<String> {
    let asked = scene.world.log().entries().into_iter().filter(|entry| entry.path_only() == "/api/config");
    asked.map(|entry| entry.method).skip_while(|method| method != "PUT").collect()
}
