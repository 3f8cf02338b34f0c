//! Extra nodes that are Sesam nodes, deployed directly in one run with the master.

use deployer_testkit::server::{Answer, Rule};
use deployer_testkit::world::World;
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::{Credentials, EXTRA_NODES, NODE_TOKEN, Scene};
use serde_json::Value;
use sesam_node::Node;

use crate::{LIMIT, PROGRAM};

/// A scene, and its extra nodes in the order of their names in the scene.
fn direct(deploying_polls: u32) -> (Scene, [Node; 2]) {
    let node = || {
        Node::builder().jwt(NODE_TOKEN).deploying_polls(deploying_polls).build().expect("a node in memory")
    };
    let extra = [node(), node()];
    let world = EXTRA_NODES
        .iter()
        .zip(&extra)
        .fold(World::builder().node(node()), |world, (name, node)| world.node_at(&format!("/{name}"), node));
    (Scene::with(world, Credentials::default(), |name| format!("value of {name}")), extra)
}

fn is_empty(node: &Node) -> bool {
    let state = node.state();
    state.config("").is_empty() && state.env().is_empty() && state.secret_names().is_empty()
}

/// How a node's step ended, from the receipt as JSON.
fn outcome(document: &Value, node: &str, step: &str) -> String {
    let nodes = document["receipt"]["nodes"].as_array().expect("a receipt");
    let node = nodes.iter().find(|it| it["node"] == node).expect("the node is on the receipt");
    let step =
        node["steps"].as_array().expect("steps").iter().find(|it| it["step"] == step).expect("the step");
    step["outcome"].as_str().expect("an outcome").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_three_nodes_refuses_is_put_back_and_the_next_run_converges() {
    let (scene, [nett, marked]) = direct(0);
    let answer = Answer::json(400, &serde_json::json!({ "detail": "the pipe marked-bud is wrong" }));
    scene.world.faults().answer(Rule::new("PUT", "/marked/api/config").first(1), answer);
    let refused = scene.program_with_direct_nodes(PROGRAM, "").args(["deploy", "--json"]).run(LIMIT).await;
    assert_code(&refused, 1);
    assert_says(
        &refused,
        ["node marked: the node refused the configuration", "the pipe marked-bud is wrong"],
    );
    let document: Value = serde_json::from_str(&refused.stdout()).expect("one document");
    for (node, step, expected) in [
        ("nett", "upload configuration", "done"),
        ("marked", "send secrets", "put-back"),
        ("marked", "set variables", "put-back"),
        ("marked", "upload configuration", "failed"),
        ("master", "send secrets", "not-done"),
        ("master", "upload configuration", "not-done"),
    ] {
        assert_eq!(outcome(&document, node, step), expected, "{node}: {step}");
    }
    assert!(is_empty(&marked), "it was put back");
    assert!(is_empty(scene.world.node()), "the master comes after the extra nodes");
    assert!(!is_empty(&nett), "its own outcome is its own");
    assert_eq!(nett.secret_value_for_test("scada-api-key").as_deref(), Some("value of scada-api-key"));
    assert!(nett.secret_value_for_test("crm-token").is_none(), "a node gets the secrets that it names");

    assert_code(&scene.program_with_direct_nodes(PROGRAM, "").arg("deploy").run(LIMIT).await, 0);
    let again = scene.program_with_direct_nodes(PROGRAM, "").args(["plan", "--exit-code"]).run(LIMIT).await;
    assert_code(&again, 0);
    for node in [&nett, &marked, scene.world.node()] {
        assert!(!is_empty(node));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_the_pipes_of_every_node_and_the_door_of_variables_does_not() {
    let (scene, _) = direct(1);
    let looks = |scene: &Scene| {
        scene.world.log().entries().iter().filter(|entry| entry.path_only().ends_with("/api/pipes")).count()
    };
    let waited = scene.program_with_direct_nodes(PROGRAM, "").arg("deploy").run(LIMIT).await;
    assert_code(&waited, 0);
    assert_eq!(waited.stdout().matches("  pipes: deployed\n").count(), 3, "{}", waited.stdout());
    assert_eq!(looks(&scene), 6, "each node is looked at until its pipes are in");

    let other = direct(1).0;
    assert_code(&other.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    assert_eq!(looks(&other), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_that_no_node_can_run_is_refused_also_with_force() {
    let (scene, _) = direct(0);
    scene.replace("node/pipes/crm-avtale.conf.json", "\"type\": \"rest\"", "\"type\": \"rets\"");
    let forced = scene.program_with_direct_nodes(PROGRAM, "").args(["deploy", "--force"]).run(LIMIT).await;
    assert_code(&forced, 1);
    assert_says(&forced, ["pipe crm-avtale: unknown source type", "pipes/crm-avtale.conf.json:"]);
}

/// A node with other features than the checks expect: `[verify] entities` and `force` send an entity to it that it cannot run.
#[tokio::test(flavor = "multi_thread")]
async fn an_entity_that_a_node_takes_and_cannot_run_is_a_warning_with_its_place() {
    let (scene, _) = direct(0);
    let file = "node/pipes/crm-avtale.conf.json";
    scene.replace(file, "\"type\": \"rest\"", "\"type\": \"rets\"");
    let place = scene.places(file, "\"rets\"").remove(0);
    let lenient = "[verify]\nentities = false\n";
    let arguments = ["deploy", "--force", "--yes"];
    let taken = scene.program_with_direct_nodes(PROGRAM, lenient).args(arguments).run(LIMIT).await;
    assert_code(&taken, 0);
    assert_says(&taken, ["node master: the node cannot run the pipe crm-avtale: ", &place]);
    assert!(scene.state().config["default"].contains_key("crm-avtale"));
}
