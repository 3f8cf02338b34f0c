//! Two processes that watch the same source for the same nodes.

use deployer_testkit::server::{Moment, Rule};
use deployer_testkit::world::Signal;
use deployer_tests::checks::{assert_code, writes};
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
