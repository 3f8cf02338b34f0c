//! In which order nodes are written, and what a refusal puts back.

use deployer_core::Kind;
use deployer_core::model::{NodeName, StepOutcome};
use deployer_engine::run::{DeployNode, Order};
use std::sync::Arc;

use deployer_testkit::fakes::{MemoryTarget, Script};

use crate::scene::{Scene, assert_true, fail, outcomes, pipe};

#[tokio::test(start_paused = true)]
async fn targets_that_can_refuse_are_written_first() {
    let scene = Scene::new();
    scene.deploy().await;
    assert_eq!(
        scene.executed(),
        [
            "master execute send secrets",
            "master execute set variables",
            "master execute upload configuration",
            "extra execute set variables",
            "extra execute upload configuration",
        ]
    );
    let calls = scene.script.calls();
    let last_prepared = calls.iter().rposition(|call| call.ends_with(" prepare"));
    let first_written = calls.iter().position(|call| call.contains(" execute "));
    assert!(last_prepared < first_written, "all is prepared before the first write: {calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_puts_back_what_was_written_and_stops_the_others() {
    let scene = Scene::new();
    let before = scene.master.held();
    scene.script.on("master execute upload configuration", 1, fail(Kind::Rejected));
    let applied = scene.deploy().await;
    let error = applied.error.expect("it was refused");
    assert_eq!((error.kind(), error.message()), (Kind::Rejected, "node master: programmed rejected"));
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: put back", "set variables: put back", "upload configuration: failed"]
    );
    assert_eq!(
        outcomes(&applied.receipt, "extra"),
        ["set variables: not done", "upload configuration: not done"]
    );
    assert_true(&applied.receipt, "master", &before, &scene.master.held());
    let calls = scene.script.calls();
    let undone: Vec<&String> = calls.iter().filter(|call| call.contains(" undo ")).collect();
    assert_eq!(undone, ["master undo set variables", "master undo send secrets"], "last first");
    assert_eq!(scene.extra.held().writes, 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_put_back_is_said() {
    let scene = Scene::new();
    let before = scene.master.held();
    scene.script.on("master execute upload configuration", 1, fail(Kind::Rejected));
    scene.script.on("master undo set variables", usize::MAX, fail(Kind::Denied));
    let applied = scene.deploy().await;
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: put back", "set variables: not put back", "upload configuration: failed"]
    );
    assert_true(&applied.receipt, "master", &before, &scene.master.held());
    assert!(applied.receipt.wrote_anything());
}

#[tokio::test(start_paused = true)]
async fn a_target_that_fails_later_leaves_the_first_ones_written() {
    let scene = Scene::new();
    scene.script.on("extra execute set variables", 1, fail(Kind::Denied));
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Denied));
    let master = &applied.receipt.nodes[0];
    assert!(master.steps.iter().all(|step| matches!(step.outcome, StepOutcome::Done(_))), "{master:?}");
    assert_eq!(
        outcomes(&applied.receipt, "extra"),
        ["set variables: failed", "upload configuration: not done"]
    );
}

#[tokio::test(start_paused = true)]
async fn nodes_that_fail_together_are_told_together() {
    let script = Script::default();
    let master = MemoryTarget::new("master", &script).can_refuse();
    let mut scene = Scene::with(script.clone(), master, MemoryTarget::new("extra", &script).can_refuse());
    scene.deployment.safety.order = Order::Together;
    script.on("* execute upload configuration", 2, fail(Kind::Rejected));
    let applied = scene.deploy().await;
    let error = applied.error.expect("both were refused");
    assert_eq!((error.kind(), error.message(), error.related().len()), (Kind::Rejected, "2 nodes failed", 2));
    assert!(!applied.receipt.wrote_anything(), "{:?}", applied.receipt);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_prepared_stops_all_before_the_first_write() {
    let scene = Scene::new();
    scene.script.on("extra prepare", 1, fail(Kind::Denied));
    let applied = scene.deploy().await;
    assert_eq!(
        applied.error.map(|error| error.message().to_owned()).as_deref(),
        Some("node extra: programmed denied")
    );
    assert!(applied.receipt.nodes.is_empty());
    assert_eq!(scene.executed(), Vec::<String>::new());
}

/// A master and two extra nodes that can refuse, and a repository.
fn direct(order: Order) -> Scene {
    let script = Script::default();
    let target = |name| MemoryTarget::new(name, &script).can_refuse();
    let mut scene = Scene::with(script.clone(), target("master"), target("extra"));
    let repository = MemoryTarget::new("repository", &script).without_secrets();
    for (name, target) in [("other", target("other")), ("repository", repository)] {
        let like = scene.deployment.nodes[1].clone();
        let node = DeployNode { name: NodeName::new(name), target: Some(Arc::new(target)), ..like };
        scene.deployment.nodes.push(node);
        scene.source.write(&format!("node/pipes/{name}.conf.json"), pipe(name, name, "$ENV(url)"));
    }
    scene.deployment.safety.order = order;
    scene
}

/// The nodes in the order of their uploads.
fn uploads(scene: &Scene) -> Vec<String> {
    let calls = scene.script.calls().into_iter();
    calls.filter_map(|call| Some(call.strip_suffix(" execute upload configuration")?.to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_master_is_written_where_the_settings_say_and_repositories_last() {
    for (order, expected) in [
        (Order::ExtraFirst, ["extra", "other", "master", "repository"]),
        (Order::MasterFirst, ["master", "extra", "other", "repository"]),
        (Order::Together, ["master", "extra", "other", "repository"]),
    ] {
        let scene = direct(order);
        let applied = scene.deploy().await;
        assert!(applied.error.is_none(), "{applied:?}");
        assert_eq!(uploads(&scene), expected, "{order:?}");
        let receipts: Vec<&str> = applied.receipt.nodes.iter().map(|node| node.node.as_str()).collect();
        assert_eq!(receipts, expected, "the receipt tells the order");
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_of_one_step_are_written_whatever_becomes_of_each_other_and_a_refusal_stops_the_next_step() {
    for (order, master) in
        [(Order::ExtraFirst, "not done"), (Order::MasterFirst, "done"), (Order::Together, "done")]
    {
        let scene = direct(order);
        scene.script.on("other execute upload configuration", 1, fail(Kind::Rejected));
        let applied = scene.deploy().await;
        assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Rejected));
        let upload = |node: &str| outcomes(&applied.receipt, node).last().cloned().expect("it has steps");
        assert_eq!(upload("extra"), "upload configuration: done");
        assert_eq!(
            outcomes(&applied.receipt, "other"),
            ["set variables: put back", "upload configuration: failed"]
        );
        assert_eq!(upload("master"), format!("upload configuration: {master}"), "{order:?}");
        assert_eq!(upload("repository"), "upload configuration: not done");
        assert!(scene.deploy().await.error.is_none());
        scene.assert_converged().await;
    }
}
