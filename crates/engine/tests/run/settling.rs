//! Waiting until pipes are deployed.

use std::time::Duration;

use deployer_core::Kind;
use deployer_core::model::{Aftermath, Receipt, Settled};
use deployer_testkit::fakes::{MemoryTarget, Mishap, Script};
use tokio::time::Instant;

use crate::scene::{Scene, fail, outcomes};

/// The pipes of the master are deploying for so many looks.
fn scene(looks: usize) -> Scene {
    let script = Script::default();
    let master = MemoryTarget::new("master", &script).can_refuse().settles_after(looks);
    Scene::with(script.clone(), master, MemoryTarget::new("extra", &script).without_secrets())
}

fn aftermath<'r>(receipt: &'r Receipt, node: &str) -> Option<&'r Aftermath> {
    receipt.nodes.iter().find(|it| it.node.as_str() == node).and_then(|it| it.aftermath.as_ref())
}

#[tokio::test(start_paused = true)]
async fn the_run_waits_until_no_pipe_is_deploying_and_then_tells_what_is_invalid() {
    let scene = scene(3);
    scene.master.intrude(|held| held.invalid.push("m".to_owned()));
    let applied = scene.deploy().await;
    assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
    let after = aftermath(&applied.receipt, "master").expect("it settles");
    assert!(matches!(after.state, Settled::Deployed), "{after:?}");
    assert_eq!(after.invalid[0].message, "node master: m is not valid");
    assert_eq!(scene.script.count("master settling"), 4);
    let calls = scene.script.calls();
    let last_look = calls.iter().rposition(|call| call == "master settling");
    let push = calls.iter().position(|call| call == "extra execute upload configuration");
    assert!(last_look < push, "the next step begins when the pipes are deployed: {calls:?}");
    assert!(aftermath(&applied.receipt, "extra").is_none(), "a repository deploys nothing");

    let again = scene.deploy().await;
    assert_eq!(outcomes(&again.receipt, "master"), ["send secrets: done"]);
    assert!(aftermath(&again.receipt, "master").is_none(), "nothing changed");
}

#[tokio::test(start_paused = true)]
async fn what_was_written_is_read_again_while_the_pipes_are_deployed() {
    let scene = scene(3);
    let master = scene.master.clone();
    let lose = move || master.intrude(|held| held.entities.clear());
    scene.script.spare("master settling", 1);
    scene.script.on("master settling", 1, Mishap::meanwhile(lose));
    let applied = scene.deploy().await;
    assert!(applied.error.is_none(), "what somebody does after that is theirs: {applied:?}");
    let calls = scene.script.calls();
    let at = |call: &str| calls.iter().rposition(|other| other == call);
    assert!(at("master observe") < at("master settling"), "{calls:?}");
    assert_eq!(scene.script.count("master observe"), 2, "once for the plan, once after the last write");

    let scene = self::scene(3);
    let master = scene.master.clone();
    scene.script.spare("master observe", 1);
    let lose = move || master.intrude(|held| held.entities.clear());
    scene.script.on("master observe", 1, Mishap::meanwhile(lose));
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Conflict));
    assert!(aftermath(&applied.receipt, "master").is_some(), "the run waits anyway");
}

#[tokio::test(start_paused = true)]
async fn a_changed_pipe_that_failed_is_a_warning_except_before_a_test_runs_it() {
    for is_test in [false, true] {
        let mut scene = scene(0);
        scene.deployment.test_switches = is_test;
        scene.master.intrude(|held| held.failed.push("m".to_owned()));
        let applied = scene.deploy().await;
        assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
        assert_eq!(scene.script.count("master settling"), 1, "it is read once");
        let after = aftermath(&applied.receipt, "master").expect("it settles");
        let failed: Vec<&str> = after.failed.iter().map(|note| note.message.as_str()).collect();
        let expected: &[&str] = if is_test { &[] } else { &["node master: m failed"] };
        assert_eq!(failed, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_ends_at_its_limit_and_with_none_nobody_waits() {
    let mut scene = scene(usize::MAX);
    scene.deployment.safety.wait = Duration::from_secs(60);
    let began = Instant::now();
    let applied = scene.deploy().await;
    assert!(began.elapsed() <= Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(applied.error.is_none(), "the configuration was taken: {applied:?}");
    let after = aftermath(&applied.receipt, "master").expect("it was looked at");
    let Settled::StillDeploying { pipes, limit } = &after.state else { panic!("{after:?}") };
    assert_eq!((pipes.as_slice(), *limit), (["m".to_owned()].as_slice(), Duration::from_secs(60)));

    let mut scene = self::scene(usize::MAX);
    scene.deployment.safety.wait = Duration::ZERO;
    let applied = scene.deploy().await;
    assert!(aftermath(&applied.receipt, "master").is_none());
    assert_eq!(scene.script.count("master settling"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_the_wait_at_once_and_starts_nothing_new() {
    let scene = scene(usize::MAX);
    let (cancel, looks) = (scene.cancel.clone(), std::sync::atomic::AtomicUsize::new(0));
    let interrupt = move || {
        if looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 2 {
            cancel.cancel();
        }
    };
    scene.script.on("master settling", usize::MAX, Mishap::meanwhile(interrupt));
    let applied = scene.deploy().await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Interrupted));
    assert_eq!(scene.script.count("master settling"), 3);
    let after = aftermath(&applied.receipt, "master").expect("it was looked at");
    assert!(matches!(after.state, Settled::Interrupted), "{after:?}");
    assert!(
        outcomes(&applied.receipt, "master").iter().all(|step| step.ends_with(": done")),
        "it stays written"
    );
    assert!(outcomes(&applied.receipt, "extra").iter().all(|step| step.ends_with(": not done")));
    assert!(!applied.receipt.is_complete());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_tell_is_no_failure() {
    let scene = scene(1);
    scene.script.on("master settling", usize::MAX, fail(Kind::Denied));
    let applied = scene.deploy().await;
    assert!(applied.error.is_none() && applied.receipt.is_complete(), "{applied:?}");
    let after = aftermath(&applied.receipt, "master").expect("it was asked");
    assert!(matches!(&after.state, Settled::Unknown(error) if error.kind() == Kind::Denied), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_node_that_was_put_back() {
    let scene = scene(1);
    scene.script.on("master execute upload configuration", 1, fail(Kind::Rejected));
    let applied = scene.deploy().await;
    assert!(aftermath(&applied.receipt, "master").is_none());
    assert_eq!(scene.script.count("master settling"), 0);
}
