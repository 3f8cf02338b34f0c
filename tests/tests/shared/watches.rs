//! Two processes that watch the same source for the same nodes.

use deployer_testkit::server::{Moment, Rule};
use deployer_testkit::world::Signal;
use deployer_tests::checks::{assert_code, writes};
use deployer_tests::watching::Watching;
use serde_json::Value;

use crate::{LIMIT, PIPE, Shared};

const NEVER: &str = "interval = 3600\ndrift = \"report\"\ndrift_interval = 3600";

impl Shared {
    async fn watch(&self, machine: &str) -> Watching<'_> {
        Watching::start_program(NEVER, |section| self.with(machine, section, &["watch"])).await
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
