//! What is made again, and what is read back first.

use deployer_core::model::StepOutcome;
use deployer_core::{Error, Kind};
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, fail, outcomes, unavailable};

const UPLOAD: &str = "master execute upload configuration";
/// Called once before the upload, to compare what it replaces, and after each attempt of unknown outcome.
const LANDED: &str = "master landed upload configuration";

fn lost() -> Error {
    Error::new(Kind::UnknownOutcome, "no answer came")
}

#[tokio::test(start_paused = true)]
async fn what_is_unavailable_twice_is_done_at_the_third_attempt() {
    let scene = Scene::new();
    for call in [
        "source fetch",
        "main open",
        "main read one",
        "extra observe",
        "master base",
        "extra prepare",
        UPLOAD,
    ] {
        scene.script.on(call, 2, Mishap::Fail(unavailable()));
    }
    let applied = scene.deploy().await;
    assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
    for call in ["source fetch", "main open", "extra observe", "master base", "extra prepare", UPLOAD] {
        assert_eq!(scene.script.count(call), 3, "{call}");
    }
    assert_eq!(
        scene.script.count(LANDED),
        1,
        "compared before, and not read back after what certainly failed"
    );
}

#[tokio::test(start_paused = true)]
async fn what_stays_unavailable_is_given_up_and_put_back() {
    let scene = Scene::new();
    scene.script.on(UPLOAD, usize::MAX, Mishap::Fail(unavailable()));
    let applied = scene.deploy().await;
    assert_eq!(scene.script.count(UPLOAD), 5);
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Unavailable));
    assert!(!applied.receipt.wrote_anything(), "{:?}", applied.receipt);
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_is_not_tried_again() {
    let scene = Scene::new();
    scene.script.on(UPLOAD, usize::MAX, fail(Kind::Denied));
    scene.deploy().await;
    assert_eq!(scene.script.count(UPLOAD), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_applied_is_not_repeated() {
    for mishap in [Mishap::FailAfter(lost()), Mishap::HangAfter] {
        let scene = Scene::new();
        scene.script.on(UPLOAD, 1, mishap);
        let applied = scene.deploy().await;
        assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
        assert_eq!((scene.script.count(UPLOAD), scene.script.count(LANDED)), (1, 1 + 1));
        let step = &applied.receipt.nodes[0].steps[2];
        assert!(step.notes[0].message.contains("reading back shows that it was applied"), "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_not_applied_is_repeated() {
    for mishap in [Mishap::Fail(lost()), Mishap::Hang] {
        let scene = Scene::new();
        scene.script.on(UPLOAD, 1, mishap);
        let applied = scene.deploy().await;
        assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
        assert_eq!((scene.script.count(UPLOAD), scene.script.count(LANDED)), (2, 1 + 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_never_arrives_is_given_up_and_put_back() {
    let scene = Scene::new();
    scene.script.on(UPLOAD, usize::MAX, Mishap::Fail(lost()));
    let applied = scene.deploy().await;
    assert_eq!((scene.script.count(UPLOAD), scene.script.count(LANDED)), (5, 1 + 5));
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: put back", "set variables: put back", "upload configuration: failed"]
    );
}

/// Secrets that are there already: reading tells names only, so that nobody knows whether the new values arrived.
async fn with_secrets_in_place() -> Scene {
    let scene = Scene::new();
    scene.deploy().await;
    scene
}

const SEND: &str = "master execute send secrets";

#[tokio::test(start_paused = true)]
async fn a_write_that_reading_does_not_tell_is_repeated_while_that_may_help() {
    let scene = with_secrets_in_place().await;
    scene.script.on(SEND, 2, Mishap::Fail(lost()));
    let applied = scene.deploy().await;
    assert!(applied.error.is_none(), "{applied:?}");
    assert_eq!(scene.script.count(SEND), 4, "once at first, and three times now");
    scene.script.on(SEND, usize::MAX, Mishap::Fail(lost()));
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::UnknownOutcome));
    assert_eq!(outcomes(&applied.receipt, "master"), ["send secrets: unknown"]);
}

#[tokio::test(start_paused = true)]
async fn doubt_stays_when_a_later_attempt_fails_for_certain() {
    let scene = with_secrets_in_place().await;
    scene.script.on(SEND, 1, Mishap::FailAfter(lost()));
    scene.script.on(SEND, 1, fail(Kind::Denied));
    let applied = scene.deploy().await;
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: unknown"],
        "the first attempt may have arrived"
    );
    let told = format!("{:?}", applied.error.expect("it failed"));
    assert!(told.contains("could not be found out") && told.contains("programmed denied"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_read_back_is_unknown_and_nothing_is_put_back() {
    let scene = Scene::new();
    scene.script.on(UPLOAD, 1, Mishap::FailAfter(lost()));
    scene.script.spare(LANDED, 1);
    scene.script.on(LANDED, usize::MAX, Mishap::Fail(unavailable()));
    let applied = scene.deploy().await;
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: done", "set variables: done", "upload configuration: unknown"]
    );
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::UnknownOutcome));
    assert_eq!(
        outcomes(&applied.receipt, "extra"),
        ["set variables: not done", "upload configuration: not done"]
    );
    assert_eq!((scene.script.count(UPLOAD), scene.script.count(LANDED)), (1, 1 + 5));
    let unknown =
        applied.receipt.nodes[0].steps.iter().filter(|step| matches!(step.outcome, StepOutcome::Unknown(_)));
    assert_eq!(unknown.count(), 1);
}
