//! Plans and snapshots as files.

use deployer_core::Kind;
use deployer_core::document::SourceText;
use deployer_engine::saved::{Purpose, Saved};
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, ids, pipe, running};

/// A file as it is read back from its text.
fn reread(saved: &Saved) -> Saved {
    Saved::parse(&SourceText::new("saved.json", saved.to_text())).expect("what was written can be read")
}

/// Somebody else adds an entity to the extra node.
fn intrude(scene: &Scene) {
    scene.extra.intrude(|held| held.entities.push(running(r#"{"_id": "new"}"#)));
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_carried_out_as_it_was_reviewed_whatever_the_configuration_says_now() {
    let scene = Scene::new();
    let reviewed = reread(&scene.plan().await.to_saved());
    scene.source.write("node/pipes/m.conf.json", pipe("other", "master", "x"));
    let planned =
        scene.deployment.plan_saved(&reviewed, Purpose::Plan, &scene.runner()).await.expect("nothing moved");
    let applied = scene.apply(&planned).await;
    assert!(applied.error.is_none(), "{:?}", applied.error);
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$ENV(url) $SECRET(one)"));
    scene.assert_converged().await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_whose_node_has_moved_is_refused_and_writes_nothing() {
    let scene = Scene::new();
    let reviewed = reread(&scene.plan().await.to_saved());
    intrude(&scene);
    let refused =
        scene.deployment.plan_saved(&reviewed, Purpose::Plan, &scene.runner()).await.expect_err("it moved");
    assert_eq!(refused.kind(), Kind::Refused);
    assert!(refused.related()[0].message().contains("node extra has changed"), "{refused:?}");
    assert_eq!(scene.executed(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_plan_is_never_planned_again_after_a_lost_race() {
    let scene = Scene::new();
    let reviewed = reread(&scene.plan().await.to_saved());
    let planned =
        scene.deployment.plan_saved(&reviewed, Purpose::Plan, &scene.runner()).await.expect("nothing moved");
    intrude(&scene);
    let error = scene.apply(&planned).await.error.expect("the race is lost");
    assert_eq!(error.kind(), Kind::Refused, "{error:?}");
    assert!(error.message().contains("has changed since the plan was made"), "{error:?}");
    assert!(ids(&scene.extra).contains(&"new".to_owned()), "the other's work is kept");
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_plan_is_refused_when_its_node_moves_right_before_the_first_write() {
    let scene = Scene::new();
    let reviewed = reread(&scene.plan().await.to_saved());
    let planned =
        scene.deployment.plan_saved(&reviewed, Purpose::Plan, &scene.runner()).await.expect("nothing moved");
    let master = scene.master.clone();
    scene.script.on("master base", 1, Mishap::meanwhile(move || master.intrude(|_| {})));
    let error = scene.apply(&planned).await.error.expect("it moved");
    assert_eq!(
        (error.kind(), error.message()),
        (Kind::Refused, "node master has changed since the plan was made")
    );
    assert_eq!(scene.executed(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_plan_verifies_its_secrets_again() {
    let scene = Scene::new();
    let reviewed = reread(&scene.plan().await.to_saved());
    scene.store.deny("one");
    let refused = scene
        .deployment
        .plan_saved(&reviewed, Purpose::Plan, &scene.runner())
        .await
        .expect_err("it is denied");
    assert_eq!(refused.kind(), Kind::Denied, "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_leads_back() {
    let scene = Scene::new();
    scene.deploy().await;
    let before = ids(&scene.master);
    scene.source.write("node/pipes/m.conf.json", pipe("other", "master", "x"));
    let planned = scene.plan().await;
    let snapshot = reread(&planned.before);
    scene.apply(&planned).await;
    assert_ne!(ids(&scene.master), before);
    let back =
        scene.deployment.plan_saved(&snapshot, Purpose::Snapshot, &scene.runner()).await.expect("a way back");
    assert!(scene.apply(&back).await.error.is_none());
    assert_eq!(ids(&scene.master), before);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_an_empty_node_leads_back_to_an_empty_node() {
    let scene = Scene::new();
    let planned = scene.plan().await;
    let snapshot = reread(&planned.before);
    scene.apply(&planned).await;
    assert!(!scene.extra.held().variables.entries.is_empty());
    let runner = scene.runner();
    let back = scene.deployment.plan_saved(&snapshot, Purpose::Snapshot, &runner).await.expect("a way back");
    assert!(scene.apply(&back).await.error.is_none());
    assert!(scene.extra.held().variables.entries.is_empty(), "variables are part of what it held");
    assert_eq!(ids(&scene.extra), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_names_a_stranger_is_refused() {
    let scene = Scene::new();
    let mut reviewed = scene.plan().await.to_saved();
    reviewed.nodes[1].node = "stranger".into();
    let refused =
        scene.deployment.plan_saved(&reviewed, Purpose::Plan, &scene.runner()).await.expect_err("a stranger");
    assert!(refused.message().contains("stranger"), "{refused:?}");
}
