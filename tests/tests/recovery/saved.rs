//! Plans that are reviewed before they are carried out, and the way back.

use std::os::unix::fs::PermissionsExt;

use deployer_testkit::world::Outcome;
use deployer_tests::scene::{BRANCH, EXTRA_NODES, Scene};

use crate::{LIMIT, PROGRAM};

const PIPE: &str = "node/pipes/global-kunde.conf.json";

async fn run(scene: &Scene, arguments: &[&str], code: i32) -> Outcome {
    let outcome = scene.program(PROGRAM).args(arguments).run(LIMIT).await;
    assert_eq!(outcome.code(), Some(code), "{arguments:?}\n{}\n{}", outcome.stdout(), outcome.stderr());
    outcome
}

/// What all nodes hold.
fn held(scene: &Scene) -> String {
    let node = scene.world.node().state();
    let files = EXTRA_NODES.map(|name| scene.repository(name).files(BRANCH));
    format!("{:?} {:?} {files:?}", node.config(""), node.env())
}

fn describe(scene: &Scene, text: &str) {
    let changed = scene.read(PIPE).replacen('{', &format!("{{\"description\": {text:?},"), 1);
    scene.write(PIPE, &changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewed_plan_is_carried_out_exactly_once() {
    let scene = Scene::new();
    run(&scene, &["plan", "--out", "plan.json"], 0).await;
    let mode = std::fs::metadata(scene.world.folder().join("plan.json"))
        .expect("it was written")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner can read a plan");
    scene.write(PIPE, "{ broken: the plan does not look at the configuration again");
    run(&scene, &["apply", "plan.json"], 0).await;
    assert_eq!(scene.world.node().state().config("").len(), 29);

    let after = held(&scene);
    let stale = run(&scene, &["apply", "plan.json"], 4).await.stderr();
    assert!(stale.contains("the plan is stale") && stale.contains("plan again"), "{stale}");
    assert_eq!(held(&scene), after, "a stale plan writes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_for_another_environment_or_of_another_version_is_refused() {
    let scene = Scene::new();
    run(&scene, &["plan", "--out", "plan.json"], 0).await;
    run(&scene, &["apply", "plan.json", "--environment", "prod"], 4).await;
    let plan = scene.world.folder().join("plan.json");
    let text = std::fs::read_to_string(&plan).expect("it was written");
    scene.world.write("plan.json", text.replace("\"format\": 1", "\"format\": 99"));
    let refused = run(&scene, &["apply", "plan.json"], 4).await.stderr();
    assert!(refused.contains("format 99") && refused.contains("plan again"), "{refused}");
    scene.world.write("plan.json", "[1, 2");
    run(&scene, &["apply", "plan.json"], 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_leads_back_to_what_the_nodes_held() {
    let scene = Scene::new();
    run(&scene, &["deploy"], 0).await;
    let before = held(&scene);
    describe(&scene, "changed");
    let deployed = run(&scene, &["deploy", "--state", "state"], 0).await.stderr();
    assert_ne!(held(&scene), before);
    let path = deployed
        .split("is kept in ")
        .nth(1)
        .and_then(|rest| rest.lines().next())
        .expect("the snapshot is named");
    let listed = run(&scene, &["restore", "--state", "state"], 0).await;
    assert!(listed.stdout().contains(path.trim()), "{}", listed.stdout());
    run(&scene, &["restore", path.trim()], 0).await;
    assert_eq!(held(&scene), before);
    run(&scene, &["apply", path.trim()], 4).await;
}
