//! Plans that are reviewed before they are carried out, and how a snapshot is restored.

use std::os::unix::fs::PermissionsExt;

use deployer_testkit::world::{Outcome, World};
use deployer_tests::scene::{BRANCH, Credentials, EXTRA_NODES, Scene};

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
        .split("snapshot saved in ")
        .nth(1)
        .and_then(|rest| rest.lines().next())
        .expect("the snapshot is named");
    let listed = run(&scene, &["restore", "--state", "state"], 0).await;
    assert!(listed.stdout().contains(path.trim()), "{}", listed.stdout());
    run(&scene, &["restore", path.trim()], 0).await;
    assert_eq!(held(&scene), before);
    run(&scene, &["apply", path.trim()], 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_literal_secret_locks_out_neither_plan_nor_deploy_and_stays_out_of_files() {
    let value = "a \"literal\" password";
    let secret = |name: &str| if name == "crm-token" { value.to_owned() } else { format!("value of {name}") };
    let scene = Scene::with(World::builder(), Credentials::default(), secret);
    let file = "node/systems/arkiv.conf.json";
    let reference = "\"$SECRET(arkiv-password)\"";
    scene.replace(file, reference, &format!("{value:?}"));
    let stored = |scene: &Scene| {
        let folder = scene.world.folder().join("state");
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        files.map(|entry| std::fs::read_to_string(entry.path()).expect("it is text")).collect::<String>()
    };

    let planned = run(&scene, &["plan", "--out", "plan.json"], 0).await.stderr();
    assert!(
        planned
            .contains("the plan does not store the secret values that node master contains literally: arkiv"),
        "{planned}"
    );
    let text = std::fs::read_to_string(scene.world.folder().join("plan.json")).expect("it was written");
    assert!(!text.contains("literal") && text.contains("[secret]"), "{text}");
    let refused = run(&scene, &["apply", "plan.json"], 4).await.stderr();
    assert!(refused.contains("does not store a secret value in the system arkiv"), "{refused}");
    run(&scene, &["deploy"], 0).await;

    describe(&scene, "changed");
    run(&scene, &["plan", "--out", "plan.json"], 0).await;
    run(&scene, &["apply", "plan.json", "--state", "state"], 0).await;
    let password = |scene: &Scene| format!("{:?}", scene.world.node().state().config(""));
    assert!(password(&scene).contains("literal"), "what runs is not masked");

    let before = held(&scene);
    scene.replace(file, &format!("{value:?}"), reference);
    run(&scene, &["deploy", "--state", "state"], 0).await;
    assert!(!password(&scene).contains("literal"), "the reference replaces it");
    assert!(!stored(&scene).contains("literal password") && stored(&scene).contains("[secret]"));
    let restored = run(&scene, &["restore", "--last", "--state", "state"], 0).await.stderr();
    assert!(
        restored
            .contains("the snapshot does not store a secret value in the system arkiv; it stays as it is"),
        "{restored}"
    );
    assert_ne!(held(&scene), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_listed_with_time_commit_and_content_and_unreadable_ones_as_such() {
    let scene = Scene::new();
    run(&scene, &["deploy", "--state", "state"], 0).await;
    let folder = scene.world.folder().join("state");
    std::fs::write(folder.join("snapshot-test-000000000000-000000000000.json"), "{\"format\": 99}")
        .expect("ours");
    let listed = run(&scene, &["restore", "--state", "state"], 0).await.stdout();
    assert!(listed.contains("(just now)") && listed.contains("master: 0 entities"), "{listed}");
    assert!(listed.contains("unreadable: the file has format 99"), "{listed}");
    let listed = run(&scene, &["restore", "--state", "state", "--json"], 0).await.stdout();
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed["snapshots"].as_array().map(Vec::len), Some(2));
    run(&scene, &["restore", "--last", "--state", "elsewhere"], 4).await;
}
