//! Two processes that watch the same source for the same nodes.

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
        Watching::start_program(keys, |section| self.with(machine, section, &["watch"])).await
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

    fn uploads(&self) -> usize {
        writes(&self.scene.world).iter().filter(|write| *write == "PUT /api/config").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_processes_deploys_a_revision_and_the_other_finds_nothing_to_do() {
    let shared = Shared::new();
    let mut hold =
        shared.scene.world.faults().hold(Rule::new("POST", "/api/secrets").nth(1), Moment::BeforeApply);
    let (first, second) = (shared.watch("replica-1").await, shared.watch("replica-2").await);
    hold.arrived().await.expect("one of them writes");
    // The other one is ready, and waits for the lease.
    for watching in [&first, &second] {
        watching.until(|status| status["state"] == "deploying").await;
    }
    hold.release();
    let revision = Shared::next(&first, &Value::Null).await;
    assert_eq!(Shared::next(&second, &Value::Null).await, revision);
    assert_eq!(shared.uploads(), 1);

    shared.change("of the second revision");
    first.hook().await;
    second.hook().await;
    let next = Shared::next(&first, &revision).await;
    assert_eq!(Shared::next(&second, &revision).await, next);
    assert_eq!(shared.uploads(), 2);
    assert_eq!(shared.description(), "of the second revision");
    assert_code(&first.end(Signal::TERM).await, 143);

    // The one that is left goes on, and no lease is left behind.
    shared.scene.write(PIPE, &shared.scene.read(PIPE).replace("of the second", "of the third"));
    second.hook().await;
    Shared::next(&second, &next).await;
    assert_eq!(shared.description(), "of the third revision");
    assert_code(&second.end(Signal::TERM).await, 143);
    assert!(shared.leases().iter().all(|lease| lease["holder"].is_null()), "{:#?}", shared.leases());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_both_hold_is_approved_once() {
    let shared = Shared::new();
    let first = shared.watch("replica-1").await;
    let revision = Shared::next(&first, &Value::Null).await;
    let second = shared.watch_with("replica-2", "interval = 3600\ndrift_interval = 1").await;
    Shared::next(&second, &Value::Null).await;

    shared.scene.write("node/deployment/whitelist-test.txt", "\n");
    let mut plans = Vec::new();
    for watching in [&first, &second] {
        watching.hook().await;
        let held = watching.until(|status| status["state"] == "held").await;
        assert_ne!(held["newest"], revision);
        plans.push((held["plan"].as_str().expect("a plan").to_owned(), held["why"].clone()));
    }
    assert_eq!(plans[0], plans[1]);
    let (plan, why) = &plans[0];
    // Comparisons of the second one leave the plan and the reason as they are.
    let mut compared =
        shared.scene.world.faults().hold(Rule::new("GET", "/api/config-all").nth(2), Moment::AfterApply);
    compared.arrived().await.expect("it compares again");
    compared.release();
    let held = second.until(|_| true).await;
    assert_eq!((&held["state"], &held["plan"], &held["why"]), (&"held".into(), &plan.as_str().into(), why));

    let approved = first.post("/approve", plan, ("Authorization", &format!("Bearer {TOKEN}"))).await;
    assert_eq!(approved, reqwest::StatusCode::ACCEPTED);
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
    let second = shared.watch("replica-2").await;
    second.until(|status| status["state"] == "deploying").await;
    first.running.signal(Signal::KILL);
    first.running.wait(LIMIT).await;
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
