//! Runs that write less: dry runs, and runs for one node.

use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says, pushes, writes};
use deployer_tests::scene::Scene;

use crate::{LIMIT, PROGRAM};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_verifies_and_plans_and_writes_nothing() {
    let scene = Scene::new();
    let before = scene.state();
    for program in
        [scene.program(PROGRAM).args(["deploy", "--dry-run"]), scene.program(PROGRAM).env("DRY_RUN", "true")]
    {
        let outcome = program.run(LIMIT).await;
        assert_code(&outcome, 0);
        assert_nothing_written(&scene.world, &outcome);
        assert_says(&outcome, ["Dry run, nothing was written.", "+ pipe crm-kunde"]);
    }
    assert_eq!(scene.state(), before);
    assert!(scene.world.vault().live_tokens().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_for_one_node_reads_and_writes_no_other() {
    let scene = Scene::new();
    let extra = scene.program(PROGRAM).args(["deploy", "--node", "nett"]).run(LIMIT).await;
    assert_code(&extra, 0);
    assert_eq!(writes(&scene.world), ["POST /git/nett.git/git-receive-pack"]);
    let paths = scene.world.log().entries().into_iter().map(|entry| entry.path);
    assert!(
        !paths.clone().any(|path| path.starts_with("/api") || path.starts_with("/git/marked")),
        "another node was read"
    );

    scene.world.log().clear();
    let master = scene.program(PROGRAM).args(["deploy", "--node", "master"]).run(LIMIT).await;
    assert_code(&master, 0);
    assert!(pushes(&scene.world).is_empty());
    assert_eq!(scene.world.log().matching("PUT", "/api/config").len(), 1);
    assert!(!scene.world.log().entries().iter().any(|entry| entry.path.starts_with("/git")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_for_one_node_verifies_the_others_all_the_same() {
    let scene = Scene::new();
    scene.replace("node/systems/nett-scada.conf.json", "$SECRET(scada-api-key)", "$SECRET(scada-key)");
    let outcome = scene.program(PROGRAM).args(["deploy", "--node", "master"]).run(LIMIT).await;
    assert_code(&outcome, 3);
    assert_nothing_written(&scene.world, &outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_node_is_told_with_the_nearest_name() {
    let scene = Scene::new();
    let outcome = scene.program(PROGRAM).args(["deploy", "--node", "net"]).run(LIMIT).await;
    assert_code(&outcome, 78);
    assert_says(&outcome, ["unknown node \"net\"; expected one of master", "did you mean \"nett\"?"]);
    assert!(scene.world.log().entries().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_in_continuous_integration_needs_no_master_node() {
    let scene = Scene::new();
    let variables = scene.variables();
    let wanted = ["NODE_FOLDER", "VAULT_URL", "VAULT_MOUNTING_POINT", "VAULT_GIT_TOKEN"];
    let program = scene.world.program(PROGRAM).env("ENVIRONMENT", "ci").env("DRY_RUN", "true");
    let program = wanted.iter().fold(program, |program, name| program.env(name, &variables[name]));
    let program = program.env("SSL_CERT_FILE", scene.world.server().ca_file().expect("a world over HTTPS"));
    let outcome = program.run(LIMIT).await;
    assert_code(&outcome, 0);
    assert_nothing_written(&scene.world, &outcome);
    let paths = scene.world.log().entries().into_iter().map(|entry| entry.path);
    assert!(paths.clone().all(|path| path.starts_with("/v1/")), "something other than Vault was asked");
    assert!(paths.clone().any(|path| path.starts_with("/v1/sesam/kv2/data/")), "no secret was verified");
}
