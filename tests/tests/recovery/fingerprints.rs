//! Secrets that are the same as those that were sent last are not sent again, where the settings name a key.

use deployer_testkit::server::{Cut, Rule};
use deployer_testkit::world::{Outcome, Program};
use deployer_tests::checks::{assert_code, assert_says, said, writes};
use deployer_tests::scene::{MOUNT, Scene};
use serde_json::json;

use crate::{LIMIT, PROGRAM};

const SECTION: &str = "[secrets]\nfingerprint_key = { env = \"FINGERPRINT_KEY\" }\n";
const VALUE: &str = "a key for the tests of fingerprints";

fn program<'s>(scene: &'s Scene, arguments: &[&str]) -> Program<'s> {
    scene.program_with_file(PROGRAM, SECTION).env("FINGERPRINT_KEY", VALUE).args(arguments)
}

/// Runs, and returns what was written.
async fn run(scene: &Scene, arguments: &[&str]) -> (Outcome, Vec<String>) {
    scene.world.log().clear();
    let outcome = program(scene, arguments).run(LIMIT).await;
    (outcome, writes(&scene.world))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_deploy_writes_nothing_at_all_and_what_changed_is_told_and_sent() {
    let scene = Scene::new();
    assert_code(&run(&scene, &["deploy"]).await.0, 0);
    let sent = scene.state();
    let (second, written) = run(&scene, &["deploy"]).await;
    assert_code(&second, 0);
    assert_eq!(written, Vec::<String>::new(), "{}", said(&second));
    assert_says(&second, ["Nothing to do.", "unchanged secrets, not sent: arkiv-password"]);

    scene.world.vault().put(MOUNT, "crm-token", json!({ "value": "a new value" }));
    let (plan, _) = run(&scene, &["plan", "--exit-code"]).await;
    assert_code(&plan, 2);
    assert_says(&plan, ["changed secrets to send: crm-token", "1 changed secret"]);
    run(&scene, &["plan", "--out", "plan.json"]).await;
    let (applied, written) = run(&scene, &["apply", "plan.json"]).await;
    assert_eq!(
        (applied.code(), written),
        (Some(0), vec!["POST /api/secrets".to_owned()]),
        "{}",
        said(&applied)
    );
    assert_eq!(scene.state().secrets["crm-token"], "a new value");
    assert_eq!(scene.state().secrets.len(), sent.secrets.len());
    assert_eq!(run(&scene, &["deploy"]).await.1, Vec::<String>::new());

    assert_eq!(run(&scene, &["deploy", "--resend-secrets"]).await.1, ["POST /api/secrets"]);
    assert_eq!(run(&scene, &["deploy"]).await.1, Vec::<String>::new());
    let other_key = program(&scene, &["plan"]).env("FINGERPRINT_KEY", "another key of enough letters");
    assert_says(&other_key.run(LIMIT).await, ["secrets to re-send: arkiv-password, crm-token"]);
    let short = program(&scene, &["plan"]).env("FINGERPRINT_KEY", "too short").run(LIMIT).await;
    assert_code(&short, 78);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_as_sent_that_may_not_have_arrived() {
    let scene = Scene::new();
    assert_code(&run(&scene, &["deploy"]).await.0, 0);
    scene.world.vault().put(MOUNT, "crm-token", json!({ "value": "a new value" }));
    scene.world.faults().cut(Rule::new("POST", "/api/secrets"), Cut::BeforeAnswer);
    let (failed, _) = run(&scene, &["deploy"]).await;
    assert_code(&failed, 1);
    scene.world.faults().clear();
    scene.world.vault().put(MOUNT, "crm-token", json!({ "value": "value of crm-token" }));
    // The node has the new value although the run failed: the old one is not taken to be there still.
    assert_eq!(scene.state().secrets["crm-token"], "a new value");
    assert_eq!(run(&scene, &["deploy"]).await.1, ["POST /api/secrets"]);
    assert_eq!(scene.state().secrets["crm-token"], "value of crm-token");
    assert_eq!(run(&scene, &["deploy"]).await.1, Vec::<String>::new());
}
