//! A run that is asked to stop, at every call in turn.

use std::time::Duration;

use deployer_core::Kind;
use deployer_engine::run::Unattended;
use deployer_testkit::fakes::Mishap;
use tokio::time::Instant;

use crate::scene::{Scene, assert_true, fail, outcomes, unavailable};

/// What may pass between being asked to stop and having given back everything.
const LIMIT: Duration = Duration::from_secs(5);

/// How a call is under way when the run is asked to stop.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// It is answered anyway.
    Answered,
    /// It never is, and was not received.
    Lost,
    /// It never is, and was received.
    Unanswered,
    /// It failed a moment ago, and a wait has begun.
    Waiting,
}

impl Moment {
    const ALL: [Self; 4] = [Self::Answered, Self::Lost, Self::Unanswered, Self::Waiting];

    fn program(self, scene: &Scene, call: &str) {
        let cancel = scene.cancel.clone();
        let mishap = match self {
            Self::Answered => Mishap::meanwhile(move || cancel.cancel()),
            Self::Lost => Mishap::Hang,
            Self::Unanswered => Mishap::HangAfter,
            Self::Waiting => Mishap::Fail(unavailable()),
        };
        scene.script.on(call, 1, mishap);
    }

    /// When the run is asked to stop: while nothing moves, or in the middle of the first wait.
    fn delay(self) -> Option<Duration> {
        match self {
            Self::Answered => None,
            Self::Lost | Self::Unanswered => Some(Duration::from_secs(20)),
            Self::Waiting => Some(Duration::from_millis(1)),
        }
    }
}

/// The calls of a whole run, each of them once.
async fn calls() -> Vec<String> {
    let scene = Scene::new();
    scene.deploy().await;
    scene.script.calls()
}

/// Runs until the end or the interruption, gives back everything, and returns what the run took from the interruption on.
async fn interrupted(scene: &Scene, moment: Moment, call: &str) -> Duration {
    moment.program(scene, call);
    let before = (scene.master.held(), scene.extra.held());
    let (cancel, script) = (scene.cancel.clone(), scene.script.clone());
    let pattern = call.to_owned();
    // The time of these tests is paused: a sleep ends as soon as everything else waits.
    let stop = tokio::spawn(async move {
        if let Some(delay) = moment.delay() {
            while script.count(&pattern) == 0 {
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
            tokio::time::sleep(delay).await;
            cancel.cancel();
        }
        cancel.cancelled().await;
        (Instant::now(), script.calls().len())
    });
    let runner = scene.runner();
    let applied = match scene.deployment.plan(&runner).await {
        Ok(planned) => Some(scene.deployment.apply(&planned, &Unattended, &runner).await),
        Err(error) => {
            assert_eq!(error.kind(), Kind::Interrupted, "{moment:?} {call}: {error:?}");
            None
        }
    };
    scene.deployment.close(&runner).await;
    let (asked_at, calls_then) = stop.await.expect("no panic");
    let took = asked_at.elapsed();

    let later = scene.script.calls().split_off(calls_then);
    let started: Vec<&String> = later.iter().filter(|call| call.contains(" execute ")).collect();
    assert!(started.is_empty(), "{moment:?} {call}: started after the interruption: {started:?}");
    // A token that never reached us cannot be given back.
    let unheard = usize::from(matches!(moment, Moment::Unanswered) && call == "main open");
    assert_eq!(scene.store.left_behind(), unheard, "{moment:?} {call}: a token is left");
    match applied {
        None => assert_eq!(scene.executed(), Vec::<String>::new(), "{moment:?} {call}"),
        Some(applied) if applied.receipt.nodes.is_empty() => {
            assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Interrupted));
            assert_eq!(scene.executed(), Vec::<String>::new(), "{moment:?} {call}");
        }
        Some(applied) => {
            assert_true(&applied.receipt, "master", &before.0, &scene.master.held());
            assert_true(&applied.receipt, "extra", &before.1, &scene.extra.held());
            assert_eq!(
                applied.error.is_none(),
                applied.receipt.is_complete(),
                "{moment:?} {call}: {applied:?}"
            );
        }
    }
    took
}

#[tokio::test(start_paused = true)]
async fn at_every_call_it_ends_in_time_with_a_true_receipt_and_the_next_run_converges() {
    let calls = calls().await;
    assert!(calls.len() > 15, "{calls:?}");
    for call in &calls {
        for moment in Moment::ALL {
            let mut scene = Scene::new();
            let took = interrupted(&scene, moment, call).await;
            assert!(took < LIMIT, "{moment:?} {call}: {took:?}");
            scene.script.mend();
            scene.cancel = Default::default();
            let applied = scene.deploy().await;
            assert!(applied.error.is_none(), "{moment:?} {call}: {applied:?}");
            scene.assert_converged().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_for_its_turn_is_not_started() {
    let scene = Scene::new();
    let planned = scene.plan().await;
    scene.cancel.cancel();
    let applied = scene.apply(&planned).await;
    assert_eq!(applied.error.map(|error| error.kind()), Some(Kind::Interrupted));
    assert_eq!(scene.executed(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_arrives_with_the_interruption_is_put_back_in_time() {
    let scene = Scene::new();
    let planned = scene.plan().await;
    let cancel = scene.cancel.clone();
    scene.script.on("master execute upload configuration", 1, fail(Kind::Rejected));
    scene.script.on("master undo set variables", 1, Mishap::meanwhile(move || cancel.cancel()));
    scene.script.on("master undo *", usize::MAX, Mishap::Hang);
    let begun = Instant::now();
    let applied = scene.apply(&planned).await;
    assert!(begun.elapsed() < LIMIT - Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(
        outcomes(&applied.receipt, "master"),
        ["send secrets: not put back", "set variables: put back", "upload configuration: failed"]
    );
}

#[tokio::test(start_paused = true)]
async fn doubt_stays_when_the_run_is_asked_to_stop() {
    let mut scene = Scene::new();
    scene.deploy().await;
    let send = "master execute send secrets";
    let lost = deployer_core::Error::new(Kind::UnknownOutcome, "no answer came");
    scene.script.on(send, 1, Mishap::FailAfter(lost));
    let cancel = scene.cancel.clone();
    scene.script.on("master landed send secrets", 1, Mishap::meanwhile(move || cancel.cancel()));
    let applied = scene.deploy().await;
    assert_eq!(outcomes(&applied.receipt, "master"), ["send secrets: unknown"]);
    scene.cancel = Default::default();
    assert!(scene.deploy().await.error.is_none());
}
