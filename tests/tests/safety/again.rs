//! Deploying again, and what `plan` says before and after.

use deployer_tests::checks::{assert_code, assert_says, pushes, writes};
use deployer_tests::scene::Scene;

use crate::{LIMIT, PROGRAM};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_deploy_sends_secrets_and_nothing_else() {
    let scene = Scene::new();
    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    let state = scene.state();
    scene.world.log().clear();

    let again = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&again, 0);
    assert_eq!(writes(&scene.world), ["POST /api/secrets"]);
    assert_eq!(scene.state(), state);
    assert_says(&again, ["Nothing to do."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_finds_changes_before_a_deploy_and_nothing_but_secrets_after() {
    let scene = Scene::new();
    let before = scene.program(PROGRAM).args(["plan", "--exit-code"]).run(LIMIT).await;
    assert_code(&before, 2);
    assert!(writes(&scene.world).is_empty());
    assert_says(&before, ["new secrets to send: arkiv-password, crm-token"]);

    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    let written = writes(&scene.world).len();
    let after = scene.program(PROGRAM).args(["plan", "--exit-code"]).run(LIMIT).await;
    assert_code(&after, 0);
    assert_eq!(writes(&scene.world).len(), written);
    assert_says(&after, ["nothing to change", "secrets to re-send: arkiv-password, crm-token"]);
    assert!(!after.stdout().contains("new secrets"), "{}", after.stdout());

    let json = scene.program(PROGRAM).args(["plan", "--format", "json"]).run(LIMIT).await;
    let plan: serde_json::Value = serde_json::from_str(&json.stdout()).expect("a JSON document");
    assert_eq!(plan["changes"], false);
    for node in plan["nodes"].as_array().expect("nodes") {
        for part in ["entities", "variables", "stray_files"] {
            assert_eq!(node[part].as_array().map(Vec::len), Some(0), "{node}");
        }
    }
    let secrets = plan["nodes"][0]["secrets"].as_array().expect("secrets of the master");
    assert_eq!(secrets.len(), 5);
    assert!(secrets.iter().all(|secret| secret["state"] == "sent-again"), "{secrets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_pipe_is_uploaded_and_pushes_to_no_other_node() {
    let scene = Scene::new();
    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    scene.world.log().clear();
    scene.replace("node/pipes/nett-abonnement.conf.json", "A subscription", "An agreement");

    let outcome = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&outcome, 0);
    assert_eq!(pushes(&scene.world), ["POST /git/nett.git/git-receive-pack"]);
    assert!(scene.world.log().matching("PUT", "/api").is_empty(), "the master's share did not change");
}
