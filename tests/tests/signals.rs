//! SIGTERM during every request of a deploy in turn, and SIGINT.
//!
//! A request is held on the server, and the program gets the signal when it has arrived there; it is let go only after the program
//! has ended. What the receipt says must be true at that moment. The server applies the held request afterwards, as one would that
//! had read it already: a run that follows finds whatever that left, and converges.

use std::collections::BTreeMap;
use std::time::Duration;

use deployer_testkit::server::{Entry, Moment, Rule};
use deployer_testkit::world::{Outcome, Signal};
use deployer_tests::checks::{assert_code, assert_says, said};
use deployer_tests::scene::Scene;
use deployer_tests::state::State;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than an undisturbed run takes.
const LIMIT: Duration = Duration::from_secs(60);
/// How long an interrupted run may take to end.
const PROMPT: Duration = Duration::from_secs(5);
const LOGIN: &str = "/v1/auth/github/login";
const REVOCATION: &str = "/v1/auth/token/revoke-self";

/// A request of a deploy: the n-th of its method and path.
#[derive(Debug, Clone)]
struct Request {
    method: String,
    path: String,
    occurrence: usize,
}

impl Request {
    /// The requests of a log, each with its number among those like it.
    fn all(entries: Vec<Entry>) -> Vec<Self> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let numbered = entries.into_iter().map(|Entry { method, path, .. }| {
            let count = counts.entry((method.clone(), path.clone())).or_default();
            *count += 1;
            Self { method, path, occurrence: *count }
        });
        numbered.collect()
    }

    fn rule(&self) -> Rule {
        Rule::new(&self.method, &self.path).nth(self.occurrence)
    }

    fn may_write(&self) -> bool {
        self.method != "GET"
    }

    /// Whether it is the write of a step.
    fn is_step(&self) -> bool {
        self.may_write() && (self.path.starts_with("/api/") || self.path.ends_with("/git-receive-pack"))
    }
}

/// The state that an undisturbed deploy leaves, and the requests it makes.
async fn undisturbed() -> (State, Vec<Request>) {
    let scene = Scene::new();
    assert_code(&scene.program(PROGRAM).arg("deploy").run(LIMIT).await, 0);
    (scene.state(), Request::all(scene.world.log().entries()))
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_before_any_request_is_applied_ends_the_run_truly_and_the_next_one_converges() {
    let (expected, requests) = undisturbed().await;
    assert!(requests.len() > 20, "a deploy makes more requests than {requests:?}");
    for request in &requests {
        println!("before {request:?} is applied");
        terminated(request, Moment::BeforeApply, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_after_a_write_was_applied_ends_the_run_truly_and_the_next_one_converges() {
    let (expected, requests) = undisturbed().await;
    for request in requests.iter().filter(|request| request.may_write()) {
        println!("after {request:?} was applied");
        terminated(request, Moment::AfterApply, &expected).await;
    }
}

/// Interrupts a deploy while a request is under way, and checks all that must hold.
async fn terminated(request: &Request, moment: Moment, expected: &State) {
    let scene = Scene::new();
    let before = scene.state();
    let faults = scene.world.faults();
    let mut hold = faults.hold(request.rule(), moment);
    let (applied, mut is_applied) = tokio::sync::mpsc::unbounded_channel();
    faults.call(request.rule(), Moment::AfterApply, move |_| {
        // Nobody listens any more when the test has failed.
        let _ = applied.send(());
    });

    let running = scene.program(PROGRAM).args(["deploy", "--json"]).start();
    tokio::time::timeout(LIMIT, hold.arrived()).await.expect("the request is made").expect("it is held");
    running.signal(Signal::TERM);
    let outcome = running.wait(PROMPT).await;

    assert_end(&outcome);
    assert_receipt(&outcome, request, &before, &scene.state(), expected);
    assert_tokens_given_back(&scene, &outcome, request, moment);

    hold.release();
    is_applied.recv().await.expect("the server applies what it has read");
    let next = scene.program(PROGRAM).arg("deploy").run(LIMIT).await;
    assert_code(&next, 0);
    assert_eq!(scene.state(), *expected, "after {request:?}\n{}", said(&next));
    for name in deployer_tests::scene::EXTRA_NODES {
        scene.repository(name).fsck().expect("a sound repository");
    }
}

/// A run that was stopped says so. One that had done everything, so that only its token was still to be given back, was not stopped.
fn assert_end(outcome: &Outcome) {
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one JSON document");
    if document["receipt"]["complete"] == true {
        assert_code(outcome, 0);
        assert!(document["error"].is_null(), "{}", said(outcome));
    } else {
        assert_code(outcome, 143);
        // A step of which nobody knows whether it was applied weighs more than the interruption.
        let unknown = document["receipt"].to_string().contains(r#""outcome":"unknown""#);
        let kind = if unknown { "unknown-outcome" } else { "interrupted" };
        assert_eq!(document["error"]["kind"], kind, "{}", said(outcome));
    }
}

/// What the receipt claims of every step is what the world holds. Without a receipt nothing was written.
fn assert_receipt(outcome: &Outcome, held: &Request, before: &State, now: &State, expected: &State) {
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one JSON document");
    let Some(nodes) = document["receipt"]["nodes"].as_array() else {
        assert_eq!(now, before, "something was written, and there is no receipt");
        assert!(!held.is_step(), "a step was under way, and there is no receipt");
        return;
    };
    assert_eq!(nodes.len(), 3, "the receipt names every node: {nodes:?}");
    for node in nodes {
        let name = node["node"].as_str().expect("a name");
        for step in node["steps"].as_array().expect("steps") {
            let step_name = step["step"].as_str().expect("a name");
            let (is_before, is_done) = match step_name {
                "send secrets" => (now.secrets == before.secrets, now.secrets == expected.secrets),
                "set variables" => (now.env == before.env, now.env == expected.env),
                "upload configuration" => (now.config == before.config, now.config == expected.config),
                "push to branch main" => {
                    (now.git[name] == before.git[name], now.git[name] == expected.git[name])
                }
                other => panic!("a step that is not known: {other}"),
            };
            let claim = step["outcome"].as_str().expect("an outcome");
            let is_true = match claim {
                "done" => is_done,
                "failed" | "not-done" | "put-back" => is_before,
                "unknown" => held.may_write(),
                _ => false,
            };
            assert!(is_true, "{name}, {step_name}: {claim} is not true\n{}", said(outcome));
        }
    }
}

/// Every token is revoked, but one whose login was never answered, which nobody can know, and one whose revocation is under way.
fn assert_tokens_given_back(scene: &Scene, outcome: &Outcome, held: &Request, moment: Moment) {
    let live = scene.world.vault().live_tokens().len();
    match (held.path.as_str(), moment) {
        (LOGIN, Moment::AfterApply) => assert_eq!(live, 1, "the one that the program has not been told"),
        (REVOCATION, Moment::BeforeApply) => {
            assert_eq!(live, 1);
            assert_says(outcome, ["timed out"]);
        }
        _ => assert_eq!(live, 0, "a token was left\n{}", said(outcome)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_ends_like_sigterm_unless_nohup_started_the_run() {
    for (start, code) in [("exec \"$0\" \"$@\"", 143), ("trap '' HUP; exec \"$0\" \"$@\"", 0)] {
        let scene = Scene::new();
        let mut hold = scene.world.faults().hold(Rule::new("PUT", "/api/config"), Moment::BeforeApply);
        let running = scene.program("/bin/sh").args(["-c", start, PROGRAM, "deploy"]).start();
        hold.arrived().await.expect("the upload");
        running.signal(Signal::HUP);
        if code == 0 {
            hold.release();
        }
        let outcome = running.wait(LIMIT).await;
        assert_code(&outcome, code);
        assert_says(&outcome, ["send secrets: done"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigint_ends_with_its_own_code_and_a_receipt_for_people() {
    let scene = Scene::new();
    let mut hold = scene.world.faults().hold(Rule::new("PUT", "/api/config"), Moment::BeforeApply);
    let running = scene.program(PROGRAM).arg("deploy").start();
    hold.arrived().await.expect("the upload");
    running.signal(Signal::INT);
    let outcome = running.wait(PROMPT).await;
    assert_code(&outcome, 130);
    let receipt = [
        "send secrets: done",
        "set variables: done",
        "upload configuration: failed",
        "push to branch main: not done",
    ];
    assert_says(&outcome, receipt);
    assert_says(&outcome, ["Deploy failed after writing: "]);
    let state = scene.state();
    assert_eq!(state.secrets.len(), 5);
    assert!(state.config.get("default").is_none_or(BTreeMap::is_empty));
    assert!(scene.world.vault().live_tokens().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_while_a_plan_waits_for_the_next_attempt_ends_it() {
    let scene = Scene::new();
    let faults = scene.world.faults();
    let busy = deployer_testkit::server::Answer::too_many_requests(25);
    faults.answer(Rule::new("GET", "/api/config"), busy);
    let (sender, mut asked) = tokio::sync::mpsc::unbounded_channel();
    faults.call(Rule::new("GET", "/api/config"), Moment::AfterApply, move |_| {
        let _ = sender.send(());
    });
    let running = scene.program(PROGRAM).arg("plan").start();
    asked.recv().await.expect("the request");
    running.signal(Signal::TERM);
    let outcome = running.wait(PROMPT).await;
    assert_code(&outcome, 143);
    assert!(scene.world.vault().live_tokens().is_empty());
}
