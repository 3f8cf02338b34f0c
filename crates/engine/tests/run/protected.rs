//! Entities that stay as they run.

use deployer_core::Kind;
use deployer_core::document::SourceText;
use deployer_core::model::Action;
use deployer_engine::saved::{Purpose, Saved};
use deployer_engine::stages::Protection;
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, ids, pipe, running};

const THEIRS: &str = r#"{"_id": "theirs", "type": "pipe", "n": 1}"#;

/// A deployed scene whose nodes hold an entity besides that the configuration does not have.
async fn scene(protected: &[&str]) -> Scene {
    let mut scene = Scene::new();
    scene.deploy().await;
    for target in [&scene.master, &scene.extra] {
        target.intrude(|held| held.entities.push(running(THEIRS)));
    }
    protect(&mut scene, protected);
    scene
}

fn protect(scene: &mut Scene, patterns: &[&str]) {
    let protection = Protection::new(patterns.iter().copied()).expect("good patterns");
    scene.deployment.nodes.iter_mut().for_each(|node| node.protected = protection.clone());
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_stays_on_every_kind_of_target_and_the_plan_says_so() {
    let scene = scene(&["theirs", "e"]).await;
    scene.source.write("node/pipes/e.conf.json", pipe("e", "extra", "changed"));
    scene.source.write("node/pipes/new.conf.json", pipe("new", "extra", "x"));
    let planned = scene.plan().await;
    let told = |node: usize| {
        let told = planned.plan.nodes[node].protected.iter();
        told.map(|it| (it.id.as_str(), it.kept_from)).collect::<Vec<_>>()
    };
    assert_eq!(told(0), [("theirs", Action::Remove)]);
    assert_eq!(told(1), [("e", Action::Change), ("theirs", Action::Remove)]);
    let origin = planned.plan.nodes[1].protected[0].origin.as_ref().expect("the configuration has it");
    assert_eq!(origin.file.to_string(), "pipes/e.conf.json");
    assert!(scene.apply(&planned).await.error.is_none());
    assert_eq!(ids(&scene.master), ["m", "theirs"]);
    assert_eq!(ids(&scene.extra), ["e", "new", "theirs"]);
    scene.assert_converged().await;
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_made_of_it_meanwhile_stays_too() {
    let scene = scene(&["theirs"]).await;
    scene.source.write("node/pipes/new.conf.json", pipe("new", "extra", "x"));
    let extra = scene.extra.clone();
    let change = move || {
        extra.intrude(|held| {
            held.entities.retain(|entity| &**entity.id() != "theirs");
            held.entities.push(running(r#"{"_id": "theirs", "type": "pipe", "n": 2}"#));
        });
    };
    scene.script.on("extra execute upload configuration", 1, Mishap::meanwhile(change));
    assert!(scene.deploy().await.error.is_none());
    let held = scene.extra.held();
    let kept = held.entities.iter().find(|entity| &**entity.id() == "theirs").expect("it is protected");
    assert!(kept.value() == running(r#"{"_id": "theirs", "type": "pipe", "n": 2}"#).value(), "{kept:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_plan_that_would_change_what_is_protected_now_is_refused_and_one_that_keeps_it_is_not() {
    let reread = |saved: Saved| {
        Saved::parse(&SourceText::new("saved.json", saved.to_text())).expect("what was written can be read")
    };
    let mut scene = scene(&[]).await;
    let reviewed = reread(scene.plan().await.to_saved());
    protect(&mut scene, &["theirs"]);
    let runner = scene.runner();
    let refused =
        scene.deployment.plan_saved(&reviewed, Purpose::Plan, &runner).await.expect_err("protected");
    assert_eq!(refused.kind(), Kind::Refused);
    assert_eq!(
        refused.related()[0].message(),
        "node master: the plan would remove the pipe theirs, which is protected"
    );

    scene.source.write("node/pipes/new.conf.json", pipe("new", "extra", "x"));
    let reviewed = reread(scene.plan().await.to_saved());
    let planned = scene.deployment.plan_saved(&reviewed, Purpose::Plan, &runner).await.expect("it keeps it");
    assert!(scene.apply(&planned).await.error.is_none());
    assert_eq!(ids(&scene.extra), ["e", "new", "theirs"]);
}

#[tokio::test(start_paused = true)]
async fn the_way_back_to_a_snapshot_keeps_what_is_protected() {
    let mut scene = Scene::new();
    let before = scene.plan().await.before;
    scene.deploy().await;
    protect(&mut scene, &["m"]);
    let runner = scene.runner();
    let back = scene.deployment.plan_saved(&before, Purpose::Snapshot, &runner).await.expect("a way back");
    assert_eq!(back.plan.nodes[0].protected.len(), 1);
    assert!(scene.apply(&back).await.error.is_none());
    assert_eq!((ids(&scene.master), ids(&scene.extra)), (vec!["m".to_owned()], vec![]));
}
