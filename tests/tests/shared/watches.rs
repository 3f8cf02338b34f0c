//! Two processes that watch the same source for the same nodes: one of them serves.

use deployer_testkit::server::{Answer, Moment, Rule};
use deployer_testkit::world::Signal;
use deployer_tests::checks::{assert_code, assert_says, said, writes};
use deployer_tests::watching::{TOKEN, Watching};
use serde_json::Value;

use crate::{LIMIT, PIPE, Shared};

const NEVER: &str = "interval = 3600\ndrift = \"report\"\ndrift_interval = 3600";

impl Shared {
    async fn watch(&self, machine: &str) -> Watching<'_> {
        self.watch_with(machine, NEVER).await
    }

    async fn watch_with(&self, machine: &str, keys: &str) -> Watching<'_> {
        Watching::start_program(keys, |section| {
            self.with(machine, &format!("{section}[limits]\nlease_seconds = 4\n"), &["watch"])
        })
        .await
    }

    /// Waits until a process is in step with another revision than `before`, and returns the revision.
    async fn next(watching: &Watching<'_>, before: &Value) -> Value {
        let status = watching
            .until(|status| {
                let newest = &status["newest"];
                status["state"] == "in-step" && *newest == status["deployed"] && newest != before
            })
            .await;
        status["newest"].clone()
    }

    /// Waits until two processes have given so many signs of life that each has its share.
    async fn settled(&self, watching: &Watching<'_>) {
        let sequences = || {
            let objects = self.place.objects();
            let object = objects.iter().find(|(name, _)| name.starts_with("watch-"));
            let document: Value =
                object.and_then(|(_, text)| serde_json::from_str(text).ok()).unwrap_or_default();
            let replicas = document["replicas"].as_object().into_iter().flatten();
            replicas.filter_map(|(_, replica)| replica["sequence"].as_u64()).collect::<Vec<_>>()
        };
        watching.until(|_| sequences().len() == 2 && sequences().iter().all(|sequence| *sequence > 3)).await;
    }

    fn uploads(&self) -> usize {
        writes(&self.scene.world).iter().filter(|write| *write == "PUT /api/config").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_processes_deploys_and_the_other_takes_over_when_it_ends() {
    let shared = Shared::new();
    let first = shared.watch("replica-1").await;
    let revision = Shared::next(&first, &Value::Null).await;
    let second = shared.watch("replica-2").await;
    let requests = shared.scene.world.node().requests().len();
    shared.settled(&second).await;
    let is_first = first.until(|_| true).await["serves"] == true;
    let (quiet, active) = if is_first { (&second, &first) } else { (&first, &second) };
    assert_eq!(Shared::next(quiet, &Value::Null).await, revision);
    assert!(
        shared.scene.world.node().requests().len() <= requests + 4,
        "at most one comparison after a takeover"
    );

    // The hook of the quiet one is passed on.
    shared.change("of the second revision");
    quiet.hook().await;
    let next = Shared::next(active, &revision).await;
    assert_eq!(Shared::next(quiet, &revision).await, next);
    assert_eq!(shared.uploads(), 2);
    assert_eq!(shared.description(), "of the second revision");
    for (watching, serves) in [(quiet, false), (active, true)] {
        let ready = watching.get("/readyz").await.expect("an answer").status();
        assert_eq!(ready, reqwest::StatusCode::OK);
        let metrics = watching.get("/metrics").await.expect("an answer").text().await.expect("a text");
        assert_eq!(metrics.contains("sesam_deployer_serves 1"), serves, "{metrics}");
        assert_eq!(metrics.contains("sesam_deployer_in_step 1"), serves, "{metrics}");
    }

    // The one that is left goes on, and no lease is left behind.
    let (active, left) = if is_first { (first, second) } else { (second, first) };
    assert_code(&active.end(Signal::TERM).await, 143);
    left.until(|status| status["serves"] == true && status["state"] == "in-step").await;
    shared.scene.write(PIPE, &shared.scene.read(PIPE).replace("of the second", "of the third"));
    left.hook().await;
    Shared::next(&left, &next).await;
    assert_eq!(shared.description(), "of the third revision");
    assert_code(&left.end(Signal::TERM).await, 143);
    assert!(shared.leases().iter().all(|lease| lease["holder"].is_null()), "{:#?}", shared.leases());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_plan_is_shown_by_all_processes_and_approved_on_any() {
    let shared = Shared::new();
    let first = shared.watch("replica-1").await;
    let revision = Shared::next(&first, &Value::Null).await;
    let second = shared.watch("replica-2").await;
    Shared::next(&second, &Value::Null).await;

    shared.scene.write("node/deployment/whitelist-test.txt", "\n");
    let mut plans = Vec::new();
    for watching in [&first, &second] {
        watching.hook().await;
    }
    for watching in [&first, &second] {
        let held = watching.until(|status| status["state"] == "held" && status["plan"].is_string()).await;
        plans.push(held["plan"].clone());
    }
    assert_eq!(plans[0], plans[1]);
    let plan = plans[0].as_str().expect("a plan");
    for watching in [&first, &second] {
        // Whichever serves the deployment: the approval is passed on.
        let status = watching.until(|_| true).await;
        if status["serves"] == false {
            let approved =
                watching.post("/approve", plan, ("Authorization", &format!("Bearer {TOKEN}"))).await;
            assert_eq!(approved, reqwest::StatusCode::ACCEPTED);
        }
    }
    let next = Shared::next(&first, &revision).await;
    assert_eq!(Shared::next(&second, &revision).await, next);
    assert_code(&first.end(Signal::TERM).await, 143);
    assert_code(&second.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_on_another_machine_approves_a_plan() {
    let shared = Shared::new();
    let watching = shared.watch("replica-1").await;
    let revision = Shared::next(&watching, &Value::Null).await;
    let none = shared.run("laptop", &["approve", "0123456789ab"], 4).await;
    assert_says(&none, ["no watching process holds plan 0123456789ab", "see the status page"]);

    shared.scene.write("node/deployment/whitelist-test.txt", "\n");
    watching.hook().await;
    let held = watching.until(|status| status["state"] == "held").await;
    let plan = held["plan"].as_str().expect("a plan");
    for other in ["0123456789ab", "../lease"] {
        let refused = shared.run("laptop", &["approve", other], 4).await;
        assert_says(&refused, ["these plans are held: ", plan]);
    }
    let approved = shared.run("laptop", &["approve", plan], 0).await;
    assert_says(&approved, [&format!("Approved plan {plan}, which kari@replica-1 holds for test.")]);
    Shared::next(&watching, &revision).await;
    assert_eq!(shared.uploads(), 2);
    let left = shared.place.objects().into_keys();
    let left: Vec<_> =
        left.filter(|name| name.starts_with("held-") || name.starts_with("approved-")).collect();
    assert!(left.is_empty(), "an approval is used once: {left:?}");
    assert_code(&watching.end(Signal::TERM).await, 143);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_down_keeps_a_plan_held_until_it_answers() {
    let shared = Shared::new();
    let watching = shared.watch("replica-1").await;
    let revision = Shared::next(&watching, &Value::Null).await;
    let faults = shared.scene.world.faults();
    faults.answer(Rule::new("PUT", "/state/held-*"), Answer::json(503, &serde_json::json!({})));
    shared.scene.write("node/deployment/whitelist-test.txt", "\n");
    watching.hook().await;
    let held = watching.until(|status| status["state"] == "held").await;
    let plan = held["plan"].as_str().expect("a plan");
    shared.run("laptop", &["approve", plan], 4).await;
    faults.clear();
    // The trigger makes the process save the plan now.
    watching.hook().await;
    let is_saved = || shared.place.objects().into_keys().any(|name| name.starts_with("held-"));
    watching.until(|_| is_saved()).await;
    shared.run("laptop", &["approve", plan], 0).await;
    Shared::next(&watching, &revision).await;
    let outcome = watching.end(Signal::TERM).await;
    assert_code(&outcome, 143);
    assert_eq!(said(&outcome).matches("`approve` cannot find the plan").count(), 1, "{}", said(&outcome));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_process_deploys_after_the_first_one_was_killed() {
    let shared = Shared::new();
    let mut hold =
        shared.scene.world.faults().hold(Rule::new("POST", "/api/secrets").nth(1), Moment::BeforeApply);
    let first = shared.watch("replica-1").await;
    hold.arrived().await.expect("it writes");
    first.running.signal(Signal::KILL);
    first.running.wait(LIMIT).await;
    let second = shared.watch("replica-2").await;
    second.until(|status| status["state"] == "deploying" && status["serves"] == true).await;
    hold.release();
    shared.scene.world.faults().clear();
    assert_eq!(shared.uploads(), 0);
    // In place of waiting until the leases expire.
    for lease in shared.leases() {
        let (target, epoch) = (lease["target"].as_str().expect("a target"), lease["epoch"].to_string());
        shared.run("build-9", &["lock", "break", target, "--epoch", &epoch], 0).await;
    }
    second.until(|status| status["state"] == "in-step").await;
    assert_eq!(shared.uploads(), 1);
    assert_code(&second.end(Signal::TERM).await, 143);
}
