//! Two pipelines without state of their own deploy different versions to the same nodes.
//!
//! 200 rounds take about ten minutes; without `CONTEST_ROUNDS=200` there are fewer. `CONTEST_SEED` repeats them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deployer_testkit::services::s3::RealS3;
use deployer_testkit::world::Outcome;
use deployer_tests::checks::said;
use deployer_tests::pair::{NODES, Write, late};
use serde_json::Value;

use crate::lane::{ALONE, LIMIT, Lane, Version, bucket};
use crate::number;
use crate::trouble::{Ended, Trouble, When, run};

/// The rounds without `CONTEST_ROUNDS`.
const ROUNDS: usize = 48;
/// How many pairs of nodes there are: most of the time, runs wait for leases.
const LANES: usize = 4;

/// What many rounds showed.
#[derive(Debug, Default)]
struct Seen {
    rounds: usize,
    writes: usize,
    /// Writes of a paused run after another run took over: at most one each time.
    late: usize,
    /// From the trouble to the first write of the other run, if it took over.
    takeovers: Vec<Duration>,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pipelines_never_write_at_once_and_report_what_they_wrote() {
    let Some(s3) = bucket("two pipelines on two machines") else { return };
    let _alone = ALONE.lock().await;
    let seed = number("CONTEST_SEED").unwrap_or_else(|| fastrand::u64(..));
    let rounds = number("CONTEST_ROUNDS").map_or(ROUNDS, |rounds| rounds as usize);
    println!("CONTEST_SEED={seed} CONTEST_ROUNDS={rounds}");
    let next = Arc::new(AtomicUsize::new(0));
    let lanes: Vec<_> = (0..LANES)
        .map(|number| tokio::spawn(lane(Arc::clone(&s3), number, Arc::clone(&next), rounds, seed)))
        .collect();
    let mut seen = Seen::default();
    for lane in lanes {
        let of_lane = lane.await.expect("no round fails");
        seen.rounds += of_lane.rounds;
        seen.writes += of_lane.writes;
        seen.late += of_lane.late;
        seen.takeovers.extend(of_lane.takeovers);
    }
    seen.takeovers.sort();
    println!("{seen:?}");
    assert_eq!(seen.rounds, rounds);
}

async fn lane(s3: Arc<RealS3>, number: usize, next: Arc<AtomicUsize>, rounds: usize, seed: u64) -> Seen {
    let (lane, mut seen) = (Lane::new(&s3, &format!("lane-{number}"), 3), Seen::default());
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= rounds {
            return seen;
        }
        round(&lane, number, seed, &mut seen).await;
        seen.rounds += 1;
    }
}

async fn round(lane: &Lane, number: usize, seed: u64, seen: &mut Seen) {
    let mut random = fastrand::Rng::with_seed(seed.wrapping_add(number as u64));
    let trouble = Trouble::ALL[number % Trouble::ALL.len()];
    let when = When::draw(&mut random, trouble);
    let about = format!("seed {seed}, round {number}: {trouble:?} {when:?}");
    let versions = [0, 1].map(|machine| Version::new(format!("round-{number}-machine-{machine}")));
    let (from, snapshots) = (lane.pair.writes.len(), snapshots(lane));
    let ended = run(lane, &versions, trouble, when).await;
    lane.ways.iter().for_each(|way| way.faults().clear());
    lane.pair.writes.remove_trap();

    let writes = lane.pair.writes.since(from);
    seen.writes += writes.len();
    judge_writers(&about, &versions, trouble, &ended, &writes, seen);
    for (version, outcome) in versions.iter().zip(&ended.outcomes) {
        let is_victim = version.name == versions[ended.victim].name;
        judge_run(&about, version, outcome, if is_victim { trouble } else { Trouble::Nothing }, &writes);
    }
    let writers: BTreeSet<&str> = writes.iter().map(|write| write.writer.as_str()).collect();
    let kept = snapshots_since(lane, &snapshots);
    assert!(kept >= writers.len(), "{about}: {kept} snapshots of {writers:?}");

    // Whoever deploys next gets what the fingerprints leave out only if they are true.
    let next = &versions[random.usize(0..2)];
    let checked = lane.deploy(2, next).run(LIMIT).await;
    assert_eq!(checked.code(), Some(0), "{about}: {}", said(&checked));
    for node in NODES {
        assert_eq!(lane.pair.comment(node).as_ref(), Some(&next.name), "{about}: {}", said(&checked));
    }
    assert_eq!(lane.pair.secret().as_ref(), Some(&next.secret), "{about}: {}", said(&checked));
}

/// No run writes after another one has begun. One that was paused right before it sent a request can still send it.
fn judge_writers(
    about: &str,
    versions: &[Version; 2],
    trouble: Trouble,
    ended: &Ended,
    writes: &[Write],
    seen: &mut Seen,
) {
    let victim = &versions[ended.victim].token;
    let late = late(writes);
    let allowed = usize::from(trouble.pauses());
    assert!(
        late.len() <= allowed && late.iter().all(|write| write.writer == *victim),
        "{about}: {late:#?} in {writes:#?}"
    );
    seen.late += late.len();
    let mut by_victim = writes.iter().filter(|write| write.writer == *victim && write.at <= ended.at);
    if (trouble.kills() || trouble.pauses()) && by_victim.next().is_some() {
        let other = writes.iter().find(|write| write.writer != *victim && write.at > ended.at);
        seen.takeovers.extend(other.map(|write| write.at.duration_since(ended.at)));
    }
}

/// A run ends as its trouble allows, and its receipt says exactly what it wrote.
fn judge_run(about: &str, version: &Version, outcome: &Outcome, trouble: Trouble, writes: &[Write]) {
    let about = format!("{about}: {}: {}", version.name, said(outcome));
    match trouble {
        Trouble::Nothing | Trouble::LostAnswers => assert_eq!(outcome.code(), Some(0), "{about}"),
        Trouble::Kill | Trouble::KillAndLostAnswers => return assert_eq!(outcome.code(), None, "{about}"),
        Trouble::Pause | Trouble::PauseAndLostAnswers | Trouble::Cut | Trouble::CutAndSlow => {
            assert!(matches!(outcome.code(), Some(0 | 1 | 3 | 4)), "{about}");
        }
    }
    let document: Value =
        serde_json::from_str(&outcome.stdout()).unwrap_or_else(|error| panic!("{about}: {error}"));
    let mut told: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for node in document["receipt"]["nodes"].as_array().into_iter().flatten() {
        for step in node["steps"].as_array().into_iter().flatten() {
            let request = match step["step"].as_str() {
                Some("send secrets") => "POST /api/secrets",
                Some("upload configuration") => "PUT /api/config",
                other => panic!("{about}: unknown step {other:?}"),
            };
            let key = (node["node"].as_str().unwrap_or_default(), request);
            told.entry(key).or_default().push(step["outcome"].as_str().unwrap_or_default());
        }
    }
    let own: Vec<&Write> = writes.iter().filter(|write| write.writer == version.token).collect();
    for (node, request) in
        NODES.into_iter().flat_map(|node| [(node, "POST /api/secrets"), (node, "PUT /api/config")])
    {
        let is_it = |write: &&&Write| write.node == node && write.request == request;
        let is_done = |write: &&Write| write.status.is_some_and(|status| status.is_success());
        let is_written = own.iter().filter(is_it).any(is_done);
        // A run that plans again has a step of each plan.
        let outcomes = told.remove(&(node, request)).unwrap_or_default();
        let is_told = outcomes.iter().any(|outcome| matches!(*outcome, "done" | "put-back" | "not-put-back"));
        let is_open = outcomes.contains(&"unknown");
        assert!(is_written == is_told || is_open, "{about}: {request} to {node}: {outcomes:?} and {own:#?}");
    }
    assert!(told.is_empty(), "{about}: unknown steps {told:?}");
}

fn snapshots(lane: &Lane) -> BTreeSet<String> {
    lane.objects("snapshot-").into_keys().collect()
}

/// The number of snapshots since some were there. Each is whole.
fn snapshots_since(lane: &Lane, before: &BTreeSet<String>) -> usize {
    let mut objects = lane.objects("snapshot-");
    objects.retain(|name, _| !before.contains(name));
    for (name, content) in &objects {
        let document: Value =
            serde_json::from_slice(content).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(document["nodes"].is_array(), "{name}: {document}");
    }
    objects.len()
}
