//! Lost races.

use deployer_core::{Error, Kind};
use deployer_engine::stages::{Guard, Removals};
use deployer_testkit::fakes::{MemoryTarget, Mishap, Script};

use crate::scene::{Scene, assert_true, fail, ids, outcomes, running};

const UPLOAD: &str = "extra execute upload configuration";

/// Somebody else writes to the extra node at the next calls of a kind.
fn intrude(scene: &Scene, call: &str, times: usize) {
    let extra = scene.extra.clone();
    scene.script.on(call, times, Mishap::meanwhile(move || extra.intrude(|_| {})));
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_observed_and_planned_again() {
    for times in 1..=3 {
        let scene = Scene::new();
        intrude(&scene, UPLOAD, times);
        let applied = scene.deploy().await;
        assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
        assert_eq!(
            outcomes(&applied.receipt, "extra"),
            ["set variables: done", "upload configuration: done"]
        );
        assert_eq!(scene.script.count("extra observe"), times + 1);
        assert_eq!(scene.script.count("master prepare"), 1, "the other node is not concerned");
        scene.assert_converged().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_race_that_is_lost_four_times_is_given_up_and_put_back() {
    let scene = Scene::new();
    let before = scene.extra.held();
    intrude(&scene, UPLOAD, usize::MAX);
    let applied = scene.deploy().await;
    assert_eq!(scene.script.count(UPLOAD), 4);
    let error = applied.error.expect("somebody else always wins");
    assert_eq!(error.kind(), Kind::Conflict);
    assert!(error.message().starts_with("node extra: "), "{error}");
    assert_eq!(
        outcomes(&applied.receipt, "extra"),
        ["set variables: put back", "upload configuration: failed"]
    );
    assert_true(&applied.receipt, "extra", &before, &scene.extra.held());
}

#[tokio::test(start_paused = true)]
async fn somebody_who_writes_before_the_steps_are_made_is_coped_with_too() {
    let scene = Scene::new();
    intrude(&scene, "extra prepare", 1);
    let applied = scene.deploy().await;
    assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
    scene.assert_converged().await;

    let scene = Scene::new();
    intrude(&scene, "extra prepare", usize::MAX);
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Conflict));
    assert_eq!(scene.script.count("extra prepare"), 4);
    assert_eq!(scene.executed(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_was_done_before_a_lost_race_stays_on_the_receipt_and_is_put_back_with_the_rest() {
    let script = Script::default();
    let extra = MemoryTarget::new("extra", &script).compares_and_swaps();
    let scene = Scene::with(script.clone(), MemoryTarget::new("master", &script).can_refuse(), extra);
    let before = scene.extra.held();
    intrude(&scene, UPLOAD, 1);
    script.on(UPLOAD, 1, fail(Kind::Denied));
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Denied));
    assert_eq!(
        outcomes(&applied.receipt, "extra"),
        [
            "send secrets: put back",
            "set variables: put back",
            // Sent again after the race; what was new about it went with the first time.
            "send secrets: put back",
            "upload configuration: failed"
        ]
    );
    assert_eq!(scene.extra.held().secrets, before.secrets);
    assert!(scene.extra.held().variables.same_values(&before.variables));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_be_observed_again_is_put_back() {
    let scene = Scene::new();
    intrude(&scene, UPLOAD, 1);
    let (script, planned) = (&scene.script, scene.plan().await);
    script.on("extra observe", 1, fail(Kind::Denied));
    let applied = scene.apply(&planned).await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Denied));
    assert_eq!(
        outcomes(&applied.receipt, "extra"),
        ["set variables: put back", "upload configuration: failed"]
    );
}

#[tokio::test(start_paused = true)]
async fn when_somebody_else_did_the_same_there_is_nothing_left_to_do() {
    let scene = Scene::new();
    let twin = Scene::new();
    twin.deploy().await;
    let (extra, theirs) = (scene.extra.clone(), twin.extra.held());
    let overtake = move || {
        extra.intrude(|held| {
            held.entities.clone_from(&theirs.entities);
            held.variables.clone_from(&theirs.variables);
        });
    };
    scene.script.on("extra execute set variables", 1, Mishap::meanwhile(overtake));
    let applied = scene.deploy().await;
    assert!(applied.error.is_none(), "{applied:?}");
    assert_eq!(outcomes(&applied.receipt, "extra"), Vec::<String>::new());
    scene.assert_converged().await;
}

/// Somebody else adds pipes to the extra node, right before it is written.
fn add_meanwhile(scene: &Scene, ids: &'static [&'static str]) {
    let extra = scene.extra.clone();
    let add = move || {
        let pipes = ids.iter().map(|id| running(&format!(r#"{{"_id": "{id}", "type": "pipe"}}"#)));
        extra.intrude(|held| held.entities.extend(pipes));
    };
    scene.script.on(UPLOAD, 1, Mishap::meanwhile(add));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_planned_again_loses_no_more_than_was_agreed_to() {
    let mut scene = Scene::new();
    scene.deployment.safety.guard = Guard { removals: Removals::AtMost(1), ..Guard::FULL };
    add_meanwhile(&scene, &["theirs"]);
    let applied = scene.deploy().await;
    assert!(applied.error.is_none(), "one removal needs no consent: {applied:?}");

    add_meanwhile(&scene, &["x", "y"]);
    scene.source.write("node/pipes/e.conf.json", crate::scene::pipe("e", "extra", "changed $ENV(url)"));
    let applied = scene.deploy().await;
    let error = applied.error.expect("nobody agreed to that");
    assert_eq!(error.kind(), Kind::Refused, "{error:?}");
    assert_eq!(
        error.related()[0].message(),
        "node extra: the plan removes 2 of 3 entities; at most 1 may be removed without consent"
    );
    assert_eq!(outcomes(&applied.receipt, "extra"), ["upload configuration: failed"]);
    assert_eq!(ids(&scene.extra), ["e", "x", "y"], "their work is there");
    let planned = scene.plan().await;
    assert!(scene.apply(&planned).await.error.is_none(), "whoever looks at the new plan may agree to it");
    assert_eq!(ids(&scene.extra), ["e"]);
}

/// Somebody else writes to the master, whose writes are not conditional.
fn intrude_on_master(scene: &Scene, call: &str, times: usize) {
    let master = scene.master.clone();
    scene.script.on(call, times, Mishap::meanwhile(move || master.intrude(|_| {})));
}

#[tokio::test(start_paused = true)]
async fn a_target_without_conditional_writes_is_compared_right_before_the_first_write() {
    for times in 1..=3 {
        let scene = Scene::new();
        intrude_on_master(&scene, "master base", times);
        let applied = scene.deploy().await;
        assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
        assert_eq!(scene.script.count("master base"), times + 1);
        assert_eq!(scene.script.count("extra base"), 0, "its writes are conditional by themselves");
        scene.assert_converged().await;
    }
    let scene = Scene::new();
    scene.deploy().await;
    let calls: Vec<String> =
        scene.script.calls().into_iter().filter(|call| call.starts_with("master ")).collect();
    let expected = [
        "observe",
        "prepare",
        "base",
        "execute send secrets",
        "landed set variables",
        "execute set variables",
        "landed upload configuration",
        "execute upload configuration",
        "observe",
    ];
    let expected = expected.into_iter();
    assert_eq!(calls, expected.map(|call| format!("master {call}")).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_over_somebody_who_never_stops_writing() {
    let scene = Scene::new();
    intrude_on_master(&scene, "master base", usize::MAX);
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Conflict));
    assert_eq!(scene.script.count("master base"), 4);
    assert_eq!(scene.executed(), Vec::<String>::new());
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: not done", "set variables: not done", "upload configuration: not done"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_hold_what_was_written_is_not_deployed() {
    let scene = Scene::new();
    let master = scene.master.clone();
    let overwrite = move || master.intrude(|held| held.variables.entries.clear());
    scene.script.on("master execute upload configuration", 1, Mishap::meanwhile(overwrite));
    let applied = scene.deploy().await;
    let error = applied.error.expect("somebody overwrote the variables");
    assert_eq!(error.kind(), Kind::Conflict);
    let said = "node master: right after the last write, it does not hold what was written: variable url";
    assert_eq!(error.message(), said);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_have_been_overwritten_stays_on_the_receipt_of_a_run_that_fails() {
    const UPLOAD: &str = "master execute upload configuration";
    for fails in [true, false] {
        let scene = Scene::new();
        let (script, master) = (&scene.script, scene.master.clone());
        script.on(UPLOAD, 1, Mishap::FailAfter(Error::new(Kind::UnknownOutcome, "no answer")));
        script.spare("master landed upload configuration", 1);
        let theirs = running(r#"{"_id": "theirs", "type": "pipe"}"#);
        let overwrite = move || master.intrude(|held| held.entities = vec![theirs.clone()]);
        script.on("master landed upload configuration", 1, Mishap::meanwhile(overwrite));
        if fails {
            script.on(UPLOAD, 1, fail(Kind::Denied));
        }
        let applied = scene.deploy().await;
        assert_eq!(applied.error.map(|error| error.kind()), fails.then_some(Kind::Denied));
        let outcomes = outcomes(&applied.receipt, "master");
        let uploads: Vec<&str> =
            outcomes.iter().filter_map(|outcome| outcome.strip_prefix("upload configuration: ")).collect();
        let expected: &[&str] = if fails { &["unknown", "failed"] } else { &["done"] };
        assert_eq!(uploads, expected, "{outcomes:?}");
    }
}
