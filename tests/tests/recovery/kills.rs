//! SIGKILL at every write in turn, by the server that is written to: before it applies the write, and after it did and before it
//! answers. The next run ends in the desired state, and nothing is lost that the plan did not remove.

use std::collections::BTreeMap;

use deployer_testkit::server::{Answer, Moment, Rule};
use deployer_testkit::world::Signal;
use deployer_tests::checks::{assert_code, assert_says, said};
use deployer_tests::scene::EXTRA_NODES;
use serde_json::json;

use crate::LIMIT;
use crate::places::{Everything, Places, Way};

/// A write: the n-th of its method and path on a server.
#[derive(Debug, Clone)]
struct Write {
    server: &'static str,
    method: String,
    path: String,
    nth: usize,
}

/// What an undisturbed deploy leaves, and the writes it makes.
async fn undisturbed(way: Way) -> (Everything, Vec<Write>) {
    let places = Places::new(way);
    let refused = places.program(&["deploy"]).run(LIMIT).await;
    assert_code(&refused, 4);
    assert_says(&refused, ["own-secret"]);
    let outcome = places.program(&["deploy", "--yes"]).run(LIMIT).await;
    assert_code(&outcome, 0);
    // What cannot come back is named before it goes.
    assert_says(
        &outcome,
        [
            "lost with the system old-system: its secrets own-secret",
            "- pipe old-pipe",
            "- system old-system",
            "- variable old-variable",
        ],
    );
    assert_says(&outcome, ["secrets to re-send: crm-token", "unused by the configuration: kept-secret"]);
    let everything = places.everything();
    for (name, held) in &everything.nodes {
        assert_eq!(held.secrets["kept-secret"].as_deref(), Some("value of kept-secret"), "{name}");
        assert_eq!(held.groups["other"].len(), 1, "{name}");
    }
    let mut counts: BTreeMap<(&str, String, String), usize> = BTreeMap::new();
    let writes = places.requests().into_iter().filter(|(_, entry)| {
        (entry.path.starts_with("/api") && entry.method != "GET")
            || entry.is("POST", "/git/nett.git/git-receive-pack")
            || entry.is("POST", "/git/marked.git/git-receive-pack")
    });
    let writes = writes.map(|(server, entry)| {
        let path = entry.path_only().to_owned();
        let nth = counts.entry((server, entry.method.clone(), path.clone())).or_default();
        *nth += 1;
        Write { server, method: entry.method, path, nth: *nth }
    });
    (everything, writes.collect())
}

/// Kills a deploy at a write, and deploys again.
async fn killed(way: Way, write: &Write, moment: Moment, expected: &Everything) {
    let places = Places::new(way);
    let before = places.everything();
    let faults = places.faults(write.server);
    let rule = || Rule::new(&write.method, &write.path).nth(write.nth);
    let mut hold = faults.hold(rule(), moment);
    if moment == Moment::BeforeApply {
        faults.answer(rule(), Answer::json(503, &json!({ "detail": "The write is lost with its sender." })));
    }
    let running = places.program(&["deploy", "--yes"]).start();
    tokio::time::timeout(LIMIT, hold.arrived()).await.expect("the write is made").expect("it is held");
    running.signal(Signal::KILL);
    let outcome = running.wait(LIMIT).await;
    assert_eq!(outcome.code(), None, "it was killed: {}", said(&outcome));
    hold.release();
    faults.clear();

    let listed = places.program(&["restore"]).run(LIMIT).await;
    assert_says(&listed, ["snapshot-test-"]);
    for (name, held) in &places.everything().nodes {
        let (now, then) = (&held.secrets["kept-secret"], &before.nodes[name].secrets["kept-secret"]);
        assert_eq!((now, &held.groups["other"]), (then, &before.nodes[name].groups["other"]), "{name}");
    }
    let next = places.program(&["deploy", "--yes"]).run(LIMIT).await;
    assert_code(&next, 0);
    assert!(places.everything() == *expected, "{moment:?} {write:?}\n{}", said(&next));
    for name in EXTRA_NODES {
        places.scene.repository(name).fsck().expect("a sound repository");
    }
    let plan = places.program(&["plan", "--exit-code"]).run(LIMIT).await;
    assert_code(&plan, 0);
}

/// What an undisturbed deploy leaves, and every moment to kill one at.
async fn cases(way: Way, least: usize) -> (Everything, Vec<(Write, Moment)>) {
    let (expected, writes) = undisturbed(way).await;
    assert!(writes.len() >= least, "a deploy makes more writes than {writes:?}");
    let moments =
        |write: Write| [Moment::BeforeApply, Moment::AfterApply].map(|moment| (write.clone(), moment));
    (expected, writes.into_iter().flat_map(moments).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_at_any_write_to_a_node_or_a_repository_is_mended_by_the_next() {
    let (expected, cases) = cases(Way::Git, 5).await;
    for (write, moment) in &cases {
        println!("{moment:?} {write:?}");
        killed(Way::Git, write, *moment, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_at_any_write_to_one_of_three_nodes_is_mended_by_the_next() {
    let (expected, cases) = cases(Way::Direct, 9).await;
    for (write, moment) in &cases {
        println!("{moment:?} {write:?}");
        killed(Way::Direct, write, *moment, &expected).await;
    }
}
