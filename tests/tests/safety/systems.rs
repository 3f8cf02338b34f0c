//! Secrets of single systems: sent to them, and lost with them.

use deployer_tests::checks::{assert_code, assert_says, said, writes};
use deployer_tests::scene::Scene;
use serde_json::Value;

use crate::{LIMIT, PROGRAM};

const WHITELIST: &str = "node/deployment/whitelist-test.txt";

/// A deployed scene whose system `arkiv` has a secret that somebody set on it, and a configuration without that system.
async fn scene() -> Scene {
    let scene = Scene::new();
    assert_code(&scene.program_with_file(PROGRAM, "").arg("deploy").run(LIMIT).await, 0);
    scene.world.node().set_secret(Some("arkiv"), "own-key", "set by hand").expect("the system runs");
    for line in ["systems/arkiv.conf.json\n", "pipes/faktura-arkiv.conf.json\n"] {
        scene.replace(WHITELIST, line, "");
    }
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn to_remove_a_system_with_secrets_of_its_own_needs_consent_and_names_them() {
    let scene = scene().await;
    let written = writes(&scene.world);
    let refused = scene.program_with_file(PROGRAM, "").arg("deploy").run(LIMIT).await;
    assert_code(&refused, 4);
    assert_says(
        &refused,
        [
            "node master: the plan removes the system arkiv, and with it the secrets that were set on it: own-key",
            "run again with `--yes`",
        ],
    );
    assert_eq!(writes(&scene.world), written);

    let plan = scene.program_with_file(PROGRAM, "").args(["plan", "--json"]).run(LIMIT).await;
    let plan: Value = serde_json::from_str(&plan.stdout()).expect("one document");
    assert_eq!(
        plan["nodes"][0]["lost_secrets"],
        serde_json::json!([{"system": "arkiv", "secrets": ["own-key"]}])
    );

    let page = scene.program_with_file(PROGRAM, "").args(["plan", "--format", "markdown"]).run(LIMIT).await;
    assert_says(&page, ["- master: the secrets of the system arkiv are lost with it: own-key\n"]);

    let meant = scene.program_with_file(PROGRAM, "").args(["deploy", "--yes"]).run(LIMIT).await;
    assert_code(&meant, 0);
    assert_says(
        &meant,
        [
            "lost with the system arkiv: its secrets own-key",
            "warning: secrets are gone with the system that they were set on: arkiv (own-key)",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_of_variables_removes_it_as_the_original_did_and_names_them() {
    let scene = scene().await;
    let removed = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&removed, 0);
    assert_says(&removed, ["secrets are gone with the system that they were set on: arkiv (own-key)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_go_to_the_systems_that_the_settings_name() {
    let scene = Scene::new();
    let own = "[nodes.master.system_secrets]\narkiv = [\"arkiv-*\"]\n";
    let first = scene.program_with_file(PROGRAM, own).arg("deploy").run(LIMIT).await;
    assert_code(&first, 0);
    assert_says(
        &first,
        [
            "new secrets to send to the system arkiv: arkiv-password",
            "send secrets of the system arkiv: done: 1 secret",
        ],
    );
    let node = scene.world.node();
    assert_eq!(
        node.system_secret_value_for_test("arkiv", "arkiv-password").as_deref(),
        Some("value of arkiv-password")
    );
    assert!(node.secret_value_for_test("arkiv-password").is_none(), "nothing else names it");
    let again = scene.program_with_file(PROGRAM, own).args(["plan", "--exit-code"]).run(LIMIT).await;
    assert_code(&again, 0);
    assert_says(&again, ["secrets to re-send to the system arkiv: arkiv-password"]);

    let unknown = "[nodes.master.system_secrets]\narkvi = [\"x\"]\n";
    let refused = scene.program_with_file(PROGRAM, unknown).arg("check").run(LIMIT).await;
    assert_code(&refused, 3);
    assert_says(
        &refused,
        ["[nodes.master.system_secrets] names the system \"arkvi\"", "did you mean \"arkiv\"?"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_removals_replaces_the_built_in_one() {
    let scene = Scene::new();
    let program = || scene.program_with_file(PROGRAM, "");
    assert_code(&program().arg("deploy").run(LIMIT).await, 0);
    scene.replace(WHITELIST, "pipes/utkast-tariff.conf.json\n", "");
    let refused = program().args(["deploy", "--max-deletions", "0"]).run(LIMIT).await;
    assert_code(&refused, 4);
    assert_says(
        &refused,
        ["node master: the plan removes 1 of ", "at most 0 may be removed without consent"],
    );
    let in_variables = scene.program(PROGRAM).args(["deploy", "--max-deletions", "0"]).run(LIMIT).await;
    assert_code(&in_variables, 4);
    let allowed = program().args(["deploy", "--max-deletions", "1"]).run(LIMIT).await;
    assert!(allowed.code() == Some(0), "{}", said(&allowed));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_protected_stays_and_the_plan_says_so() {
    let scene = Scene::new();
    assert_code(&scene.program_with_file(PROGRAM, "").arg("deploy").run(LIMIT).await, 0);
    scene.replace(WHITELIST, "pipes/utkast-tariff.conf.json\n", "");
    scene.replace("node/pipes/crm-kunde.conf.json", "Customers", "All customers");
    let protected = "[environments.test.nodes.master]\nprotected = [\"utkast-*\", \"crm-kunde\"]\n";
    let program = || scene.program_with_file(PROGRAM, protected);
    let planned = program().args(["plan", "--exit-code"]).run(LIMIT).await;
    assert_code(&planned, 0);
    assert_says(
        &planned,
        [
            "= pipe crm-kunde  protected, differs from pipes/crm-kunde.conf.json",
            "= pipe utkast-tariff  protected, is not in the configuration",
        ],
    );
    assert_code(&program().arg("deploy").run(LIMIT).await, 0);
    assert!(scene.state().config["default"].contains_key("utkast-tariff"));
}
