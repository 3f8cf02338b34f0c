//! Config groups: a run replaces its own and leaves the others alone.

use deployer_testkit::world::Program;
use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says};
use deployer_tests::scene::Scene;
use serde_json::json;

use crate::{LIMIT, PROGRAM};

/// Another group of the node has two ids of the configuration.
async fn taken(program: impl Fn(&Scene) -> Program<'_>) {
    let scene = Scene::new();
    let pipe =
        |id: &str| json!({ "_id": id, "type": "pipe", "source": { "type": "embedded", "entities": [] } });
    scene
        .world
        .node()
        .set_config("analytics", vec![pipe("crm-kunde"), pipe("utkast-tariff")])
        .expect("in memory");
    let refused = program(&scene).arg("deploy").run(LIMIT).await;
    assert_code(&refused, 3);
    assert_says(
        &refused,
        [
            "node master: \"crm-kunde\" exists in the config group \"analytics\" already",
            "node master: \"utkast-tariff\" exists in the config group \"analytics\" already",
            "pipes/crm-kunde.conf.json:1:1",
            "rename it, or remove it from the other group",
        ],
    );
    assert_nothing_written(&scene.world, &refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_group_are_told_before_anything_is_written_in_the_door_of_variables() {
    taken(|scene| scene.program(PROGRAM)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_group_are_told_before_anything_is_written_in_the_door_of_a_settings_file() {
    taken(|scene| scene.program_with_file(PROGRAM, "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_replaced_and_the_others_stay() {
    let scene = Scene::new();
    let theirs = json!({ "_id": "theirs", "type": "pipe", "source": { "type": "embedded", "entities": [] } });
    scene.world.node().set_config("analytics", vec![theirs]).expect("in memory");
    let grouped = "[environments.test.nodes.master.target]\ngroup = \"sales\"\n";
    assert_code(&scene.program_with_file(PROGRAM, grouped).arg("deploy").run(LIMIT).await, 0);
    let state = scene.world.node().state();
    assert_eq!(state.groups(), ["analytics", "sales"], "nothing is written to the default group");
    assert!(state.config("sales").iter().all(|entity| entity["type"] != "metadata"));
}
