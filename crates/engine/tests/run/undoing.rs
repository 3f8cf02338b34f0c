//! Steps that are undone: they are writes like any other.

use std::time::Duration;

use deployer_core::{Error, Kind};
use deployer_testkit::fakes::Mishap;

use crate::scene::{Scene, assert_true, fail, outcomes, unavailable};

const SYSTEM: &str = "master execute send secrets of crm";
const UNDO: &str = "master undo upload configuration";
const UNDONE: &str = "master undone upload configuration";

/// A master whose upload is done when the secrets of a system are refused.
async fn refused_late() -> Scene {
    let mut scene = Scene::new();
    let system = crate::scene::system("crm", "master", "$SECRET(one)");
    scene.source.write("node/systems/crm.conf.json", system);
    scene.deployment.nodes[0].system_secrets = deployer_engine::stages::SystemSecrets::Named;
    scene.script.on(SYSTEM, usize::MAX, fail(Kind::Denied));
    scene
}

#[tokio::test(start_paused = true)]
async fn a_slow_node_is_given_the_time_of_a_write_and_one_upload_at_a_time() {
    let scene = refused_late().await;
    let before = scene.master.held();
    scene.script.on(UNDO, usize::MAX, Mishap::Slow(Duration::from_secs(125)));
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Denied));
    assert_eq!(scene.script.count(UNDO), 1);
    assert!(outcomes(&applied.receipt, "master").contains(&"upload configuration: put back".to_owned()));
    assert_true(&applied.receipt, "master", &before, &scene.master.held());
}

#[tokio::test(start_paused = true)]
async fn undoing_is_read_back_before_it_is_repeated() {
    let lost = || Error::new(Kind::UnknownOutcome, "no answer came");
    for (mishap, attempts) in
        [(Mishap::FailAfter(lost()), 1), (Mishap::HangAfter, 1), (Mishap::Fail(lost()), 2), (Mishap::Hang, 2)]
    {
        let scene = refused_late().await;
        scene.script.on(UNDO, 1, mishap);
        let applied = scene.deploy().await;
        assert_eq!((scene.script.count(UNDO), scene.script.count(UNDONE)), (attempts, 1));
        assert!(outcomes(&applied.receipt, "master").contains(&"upload configuration: put back".to_owned()));
        assert!(scene.master.held().entities.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_undoing_step_of_unknown_outcome_is_unknown() {
    let scene = refused_late().await;
    scene.script.on(UNDO, 1, Mishap::HangAfter);
    scene.script.on(UNDONE, usize::MAX, Mishap::Fail(unavailable()));
    let applied = scene.deploy().await;
    assert_eq!(scene.script.count(UNDO), 1, "nothing is written over an upload that may be under way");
    assert!(outcomes(&applied.receipt, "master").contains(&"upload configuration: unknown".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_wrote_meanwhile_is_not_overwritten() {
    let scene = refused_late().await;
    let master = scene.master.clone();
    let theirs = move || master.intrude(|held| held.variables.entries.clear());
    scene.script.on(UNDO, 1, Mishap::meanwhile(theirs));
    let applied = scene.deploy().await;
    let told = outcomes(&applied.receipt, "master");
    assert!(told.contains(&"upload configuration: put back".to_owned()), "{told:?}");
    assert!(scene.master.held().variables.entries.is_empty());
    // The variables were empty before the run, too: that is how they were, whoever did it.
    assert!(told.contains(&"set variables: put back".to_owned()), "{told:?}");

    let scene = refused_late().await;
    let (master, newer) = (scene.master.clone(), Scene::new());
    newer.source.write("node/variables/variables-test.json", r#"{"url": "newer"}"#);
    newer.deploy().await;
    let variables = newer.master.held().variables;
    let theirs = variables.clone();
    let write = move || master.intrude(|held| held.variables = theirs.clone());
    scene.script.on(UNDO, 1, Mishap::meanwhile(write));
    let applied = scene.deploy().await;
    let told = outcomes(&applied.receipt, "master");
    assert!(told.contains(&"set variables: not put back".to_owned()), "{told:?}");
    assert!(scene.master.held().variables.same_values(&variables), "their variables stay");
}
