//! Two machines that deploy different configurations to the same nodes, while runs are killed and the place is in trouble.

use std::path::PathBuf;
use std::time::Duration;

use deployer_testkit::server::{Answer, Cut, Entry, Moment, Rule};
use deployer_testkit::world::{Program, Signal};
use deployer_tests::checks::{assert_code, said};
use deployer_tests::scene::{MOUNT, copy};
use serde_json::{Value, json};

use crate::{LIMIT, PIPE, Shared};

/// What happens while both runs are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Nothing,
    /// The first run is killed at its first write to a node.
    Kill,
    /// Answers of the place to writes are lost.
    LostAnswers,
    /// The place answers writes with 500 after it stored them.
    StoredWithoutSuccess,
    Slow,
}

/// A machine with a configuration of its own.
fn source(shared: &Shared, machine: &str, text: &str) -> PathBuf {
    let root = shared.scene.world.folder().join(format!("source-{machine}"));
    copy(&shared.scene.root, &root);
    let pipe = root.join(PIPE);
    let changed = std::fs::read_to_string(&pipe).expect("it is there");
    std::fs::write(pipe, changed.replacen('{', &format!("{{\"description\": {text:?},"), 1))
        .expect("it is ours");
    root
}

fn deploy<'s>(shared: &'s Shared, machine: &str, source: &PathBuf) -> Program<'s> {
    shared.on(machine, &["deploy", "--wait", "60s", "--source"]).arg(source)
}

/// Takes all leases away from runs that have ended.
async fn break_leases(shared: &Shared) {
    for node in ["master", "nett", "marked"] {
        let listed = shared.run("person", &["lock", "--json"], 0).await;
        let listed: Value = serde_json::from_str(&listed.stdout()).expect("a document");
        let mut locks = listed["locks"].as_array().expect("a list").iter();
        let lock = locks.find(|lock| lock["node"] == node).expect("each node has a lock");
        if !lock["holder"].is_null() {
            let epoch = lock["epoch"].to_string();
            shared.run("person", &["lock", "break", node, "--epoch", &epoch], 0).await;
        }
    }
}

/// Panics unless each write to the master was made between an acquisition and a release of its lease.
fn assert_writes_under_the_lease(shared: &Shared) {
    let entries = shared.scene.world.log().entries();
    let target = shared.lease()["target"].clone();
    let objects = shared.place.objects();
    let is_its =
        |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|record| record["target"] == target);
    let name =
        objects.iter().find(|(name, text)| name.starts_with("lease-") && is_its(text)).expect("a lease").0;
    let path = format!("/state/{name}");
    let puts: Vec<&Entry> =
        entries.iter().filter(|entry| entry.is("PUT", &path) && entry.status == Some(200)).collect();
    assert!(puts.len().is_multiple_of(2), "each lease is acquired and released: {puts:#?}");
    let is_write = |entry: &&Entry| entry.path.starts_with("/api") && entry.method != "GET";
    for write in entries.iter().filter(is_write) {
        let is_within = |pair: &[&Entry]| {
            pair[0].ended.is_some_and(|acquired| acquired < write.started)
                && write.ended.is_some_and(|written| written < pair[1].started)
        };
        assert!(puts.chunks(2).any(is_within), "{write:#?} {puts:#?}");
    }
}

async fn round(trouble: Trouble) {
    let shared = Shared::new();
    let (world, faults) = (&shared.scene.world, shared.scene.world.faults());
    shared.run("build-7", &["deploy"], 0).await;
    world.vault().put(MOUNT, "crm-token", json!({ "value": format!("value of {trouble:?}") }));
    let sources = [source(&shared, "build-7", "of the first"), source(&shared, "build-8", "of the second")];
    world.log().clear();
    let places = || Rule::new("PUT", "/state/*");
    match trouble {
        Trouble::Nothing | Trouble::Kill => {}
        Trouble::LostAnswers => faults.cut(places().first(6), Cut::BeforeAnswer),
        Trouble::StoredWithoutSuccess => faults.replace(places().first(6), Answer::json(500, &json!({}))),
        Trouble::Slow => faults.delay(Rule::path("/state/*"), Duration::from_millis(100)),
    }
    let mut hold = (trouble == Trouble::Kill)
        .then(|| faults.hold(Rule::new("POST", "/api/secrets").nth(1), Moment::AfterApply));
    let first = deploy(&shared, "build-7", &sources[0]).start();
    if let Some(hold) = &mut hold {
        hold.arrived().await.expect("it writes");
    }
    let second = deploy(&shared, "build-8", &sources[1]).start();
    if let Some(hold) = hold {
        first.signal(Signal::KILL);
        let killed = first.wait(LIMIT).await;
        assert_eq!(killed.code(), None, "{}", said(&killed));
        hold.release();
        break_leases(&shared).await;
        assert_code(&second.wait(LIMIT).await, 0);
    } else {
        let (first, second) = tokio::join!(first.wait(LIMIT), second.wait(LIMIT));
        assert_code(&first, 0);
        assert_code(&second, 0);
    }
    faults.clear();
    if matches!(trouble, Trouble::Nothing | Trouble::Slow) {
        assert_writes_under_the_lease(&shared);
    }

    let is_first = shared.description() == "of the first";
    assert!(is_first || shared.description() == "of the second");
    let last = &sources[usize::from(!is_first)];
    let plan = shared.on("person", &["plan", "--exit-code", "--source"]).arg(last).run(LIMIT).await;
    assert_code(&plan, 0);
    assert_eq!(shared.scene.state().secrets["crm-token"], format!("value of {trouble:?}"));
    assert!(shared.leases().iter().all(|lease| lease["holder"].is_null()), "{:#?}", shared.leases());
    let snapshots = shared.place.objects().into_keys().filter(|name| name.starts_with("snapshot-")).count();
    assert!(snapshots >= 2, "each run that writes keeps a snapshot");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_write_one_after_the_other() {
    for trouble in [Trouble::Nothing, Trouble::Slow] {
        round(trouble).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_and_lost_answers_leave_what_one_of_the_runs_deployed() {
    for trouble in [Trouble::Kill, Trouble::LostAnswers, Trouble::StoredWithoutSuccess] {
        round(trouble).await;
    }
}
