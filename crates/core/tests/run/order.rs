//! In which order nodes are written, and what a refusal puts back.

use deployer_core::Kind;
use deployer_core::model::StepOutcome;
use deployer_testkit::fakes::{MemoryTarget, Script};

use crate::scene::{Scene, assert_true, fail, outcomes};

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
    let scene = Scene::with(script.clone(), master, MemoryTarget::new("extra", &script).can_refuse());
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
