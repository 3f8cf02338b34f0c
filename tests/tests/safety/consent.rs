//! A whitelist that was emptied by mistake.

use deployer_testkit::world::Program;
use deployer_tests::checks::{assert_code, assert_says, writes};
use deployer_tests::scene::{EXTRA_NODES, Scene};

use crate::{LIMIT, PROGRAM};

const WHITELIST: &str = "node/deployment/whitelist-test.txt";

/// Deploys, empties the whitelist, and expects a refusal, and a deploy once somebody agrees.
async fn emptied(program: impl Fn(&Scene) -> Program<'_>) {
    let scene = Scene::new();
    assert_code(&program(&scene).arg("deploy").run(LIMIT).await, 0);
    let (before, written) = (scene.state(), writes(&scene.world));
    scene.write(WHITELIST, "\n");

    let warned = program(&scene).arg("plan").run(LIMIT).await;
    assert_code(&warned, 0);
    assert_says(&warned, ["a deploy needs consent (--yes): node master: the plan leaves no pipe"]);

    let refused = program(&scene).arg("deploy").run(LIMIT).await;
    assert_code(&refused, 4);
    assert_says(&refused, ["node master: the plan leaves no pipe on the node", "--yes", "whitelist"]);
    assert_says(&refused, EXTRA_NODES.map(|name| format!("node {name}: the plan leaves no pipe")));
    assert_eq!(writes(&scene.world), written);
    assert_eq!(scene.state(), before);

    let meant = program(&scene).args(["deploy", "--yes"]).run(LIMIT).await;
    assert_code(&meant, 0);
    assert!(!scene.state().config["default"].values().any(|entity| entity["type"] == "pipe"));
    for name in EXTRA_NODES {
        assert!(!scene.state().git[name].keys().any(|path| path.starts_with("node/pipes/")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_whitelist_is_refused_in_the_door_of_variables() {
    emptied(|scene| scene.program(PROGRAM)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_whitelist_is_refused_in_the_door_of_a_settings_file() {
    emptied(|scene| scene.program_with_file(PROGRAM, "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_removals_are_refused_where_the_settings_file_has_its_guard() {
    let scene = Scene::new();
    assert_code(&scene.program_with_file(PROGRAM, "").arg("deploy").run(LIMIT).await, 0);
    let written = writes(&scene.world).len();
    scene.write(WHITELIST, "node-metadata.conf.json\nsystems/crm.conf.json\npipes/crm-kunde.conf.json\n");

    let refused = scene.program_with_file(PROGRAM, "").arg("deploy").run(LIMIT).await;
    assert_code(&refused, 4);
    assert_says(&refused, ["node master: the plan removes"]);
    assert_eq!(writes(&scene.world).len(), written);
}
