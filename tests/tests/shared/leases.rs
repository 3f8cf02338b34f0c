//! Two machines that deploy to the same nodes.

use deployer_testkit::server::{Moment, Rule};
use deployer_testkit::world::Signal;
use deployer_tests::checks::{assert_code, assert_nothing_written, assert_says, said, writes};
use serde_json::Value;

use crate::{LIMIT, Shared};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_is_refused_or_waits_while_the_first_one_writes() {
    let shared = Shared::new();
    let faults = shared.scene.world.faults();
    let mut hold = faults.hold(Rule::new("POST", "/api/secrets").nth(1), Moment::BeforeApply);
    let first = shared.on("build-7", &["deploy"]).start();
    hold.arrived().await.expect("it writes");

    let second = shared.run("build-8", &["deploy"], 4).await;
    assert_says(
        &second,
        [
            "node master: kari@build-7 has been deploying to https://",
            "renewed ",
            "let this run wait: --wait 10m",
        ],
    );
    assert_eq!(writes(&shared.scene.world), ["POST /api/secrets"], "that of the first run");
    for harmless in [&["plan"][..], &["deploy", "--dry-run"], &["status"]] {
        shared.run("build-8", harmless, 0).await;
    }
    let listed = shared.run("build-8", &["lock"], 0).await;
    assert_says(&listed, ["master", "kari@build-7", "deploy", "epoch 1", "acquired ", "renewed "]);
    let listed = shared.run("build-8", &["lock", "--json"], 0).await;
    let listed: Value = serde_json::from_str(&listed.stdout()).expect("a document");
    assert_eq!(listed["locks"].as_array().map(Vec::len), Some(3), "{listed:#}");
    assert!(listed["locks"].as_array().is_some_and(|locks| locks.iter().all(|lock| lock["epoch"] == 1)));
    let refused = shared.run("build-8", &["lock", "break", "master", "--epoch", "7"], 4).await;
    assert_says(&refused, ["its epoch is 1"]);
    let unknown = shared.run("build-8", &["lock", "break", "mastre", "--epoch", "1"], 78).await;
    assert_says(&unknown, ["unknown target \"mastre\"", "did you mean \"master\"?"]);

    shared.change("of the second");
    let mut looks = faults.hold(Rule::new("GET", "/state/lease-*").nth(1), Moment::AfterApply);
    let waiting = shared.on("build-8", &["deploy", "--wait", "5m"]).start();
    looks.arrived().await.expect("it looks at a lease");
    looks.release();
    hold.release();
    let first = first.wait(LIMIT).await;
    assert_code(&first, 0);
    let waiting = waiting.wait(LIMIT).await;
    assert_code(&waiting, 0);
    assert_eq!(shared.description(), "of the second");
    let lease = shared.lease();
    assert_eq!((&lease["epoch"], &lease["holder"]), (&2.into(), &Value::Null), "{lease:#}");
    assert_says(&shared.run("build-9", &["lock"], 0).await, ["nobody", "epoch 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_is_waited_for_or_its_lease_is_broken() {
    let shared = Shared::new();
    let faults = shared.scene.world.faults();
    let mut hold = faults.hold(Rule::new("POST", "/api/secrets").nth(1), Moment::BeforeApply);
    let first = shared.on("build-7", &["deploy"]).start();
    hold.arrived().await.expect("it writes");
    first.signal(Signal::KILL);
    first.wait(LIMIT).await;
    hold.release();
    faults.clear();

    let before = writes(&shared.scene.world);
    shared.run("build-8", &["deploy"], 4).await;
    assert_eq!(writes(&shared.scene.world), before);
    for node in ["master", "nett", "marked"] {
        let broken = shared.run("build-8", &["lock", "break", node, "--epoch", "1"], 0).await;
        assert_says(&broken, ["is free"]);
    }
    shared.run("build-8", &["deploy"], 0).await;
    assert_eq!(shared.lease()["epoch"], 3, "a broken lease has an epoch of its own");
    shared.run("build-8", &["plan", "--exit-code"], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_lost_its_lease_ends_before_the_next_write() {
    let shared = Shared::new();
    let (world, faults) = (&shared.scene.world, shared.scene.world.faults());
    let mut hold = faults.hold(Rule::new("POST", "/api/secrets").nth(1), Moment::AfterApply);
    let first = shared.on("build-7", &["deploy"]).start();
    hold.arrived().await.expect("it writes");
    for node in ["master", "nett", "marked"] {
        shared.run("build-8", &["lock", "break", node, "--epoch", "1"], 0).await;
    }
    shared.change("of the second");
    shared.run("build-8", &["deploy"], 0).await;
    let of_second = writes(world);

    // The renewals of the first run find the leases of nobody with a later epoch.
    let mut renewal = faults.hold(Rule::new("PUT", "/state/lease-*").nth(1), Moment::AfterApply);
    renewal.arrived().await.expect("it renews");
    let mut read_back = faults.hold(Rule::new("GET", "/state/lease-*").nth(3), Moment::AfterApply);
    renewal.release();
    read_back.arrived().await.expect("it reads back why it was refused");
    read_back.release();
    hold.release();
    let lost = first.wait(LIMIT).await;
    assert_code(&lost, 4);
    assert_says(
        &lost,
        ["the lease for https://", "(epoch 3)", "1 of 5 steps were done, nothing more is written"],
    );
    assert_eq!(writes(world), of_second, "{}", said(&lost));
    assert_eq!(shared.description(), "of the second");
    let fingerprints = shared.place.objects().into_iter().filter(|(name, _)| name.starts_with("secrets-"));
    for (name, text) in fingerprints {
        let document: Value = serde_json::from_str(&text).expect("a document");
        assert_eq!(document["epoch"], 3, "{name} was written by the second run");
    }
    shared.run("build-8", &["plan", "--exit-code"], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_is_acquired_while_the_nodes_are_read_and_costs_at_most_three_round_trips() {
    let shared = Shared::new();
    let (world, faults) = (&shared.scene.world, shared.scene.world.faults());
    let mut read = faults.hold(Rule::new("GET", "/api/*").nth(1), Moment::BeforeApply);
    let mut lease = faults.hold(Rule::new("GET", "/state/lease-*").nth(1), Moment::BeforeApply);
    let run = shared.on("build-7", &["deploy"]).start();
    lease.arrived().await.expect("it acquires");
    read.arrived().await.expect("it reads the node without waiting for the lease");
    assert_nothing_written(world, &shared.run("build-8", &["version"], 0).await);
    read.release();
    lease.release();
    assert_code(&run.wait(LIMIT).await, 0);

    // Each request takes some time, so that those that overlap are seen to overlap.
    let mut chains = Vec::new();
    for in_folder in [true, false] {
        let shared = Shared::new();
        let log = shared.scene.world.log();
        shared.run("build-7", &["deploy"], 0).await;
        shared.change("another");
        log.clear();
        shared.scene.world.faults().round_trip(std::time::Duration::from_millis(100));
        let program = if in_folder {
            shared.scene.program_with_file(crate::PROGRAM, "").arg("deploy")
        } else {
            shared.on("build-7", &["deploy"])
        };
        assert_code(&program.run(LIMIT).await, 0);
        let chain = log.longest_chain(|entry| {
            !(entry.method == "PUT" && entry.path.contains("lease-") && is_release(log, entry))
        });
        chains.push(
            chain.into_iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect::<Vec<_>>(),
        );
    }
    assert!(chains[1].len() <= chains[0].len() + 3, "{chains:#?}");
}

/// Whether a request is the last write of its lease, which happens in the background at the end.
fn is_release(log: &deployer_testkit::server::RequestLog, entry: &deployer_testkit::server::Entry) -> bool {
    log.entries()
        .iter()
        .filter(|other| other.is("PUT", entry.path_only()))
        .all(|other| other.sequence <= entry.sequence)
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_command_line_cannot_name_two_mechanisms_for_one_target() {
    let shared = Shared::new();
    for arguments in
        [&["deploy", "--state", "kept"][..], &["plan", "--state", "kept"], &["lock", "--state", "kept"]]
    {
        let refused = shared.run("build-7", arguments, 78).await;
        assert_says(&refused, ["--state names a state folder, and the settings name https://"]);
    }
    let refused = shared.on("build-7", &["deploy"]).env("SESAM_DEPLOYER_STATE", "kept").run(LIMIT).await;
    assert_code(&refused, 78);
    assert_nothing_written(&shared.scene.world, &refused);
    assert!(shared.place.objects().is_empty());
}
