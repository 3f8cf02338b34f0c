//! Two and three processes watch one source, while they are killed, paused, ended and started, each with a clock of its own.
//!
//! `REPLICAS_ROUNDS` is how many versions are pushed for each number of processes, and `REPLICAS_SEED` repeats what happens.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deployer_testkit::server::{Entry, Server};
use deployer_testkit::services::s3::RealS3;
use deployer_testkit::skip_or_fail;
use deployer_testkit::world::Signal;
use deployer_tests::checks::assert_code;
use deployer_tests::pair::{NODES, Side, late};
use deployer_tests::watching::Watching;

use crate::lane::{ALONE, LIMIT, Lane, bucket};
use crate::number;

/// The versions without `REPLICAS_ROUNDS`.
const ROUNDS: usize = 6;
const LOOK: Duration = Duration::from_millis(20);
const SOURCE: &str = "source";
const KEYS: &str = "interval = 1\ndrift = \"report\"\ndrift_interval = 3600";
/// How far the clocks of the processes are off.
const CLOCKS: [&str; 3] = ["-100s", "+0s", "+250s"];

/// What happens to the process that writes a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Nothing,
    Kill,
    Pause,
    End,
}

/// A process, and how often it was started.
struct Replica<'l> {
    watching: Watching<'l>,
    number: usize,
    starts: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_never_write_at_once_and_lose_no_version() {
    let Some(s3) = bucket("replicas of watch") else { return };
    let Some(clock) = faketime() else {
        return skip_or_fail(
            "replicas of watch",
            "libfaketime is not installed (Debian's package libfaketime)",
        );
    };
    let _alone = ALONE.lock().await;
    let seed = number("REPLICAS_SEED").unwrap_or_else(|| fastrand::u64(..));
    let rounds = number("REPLICAS_ROUNDS").map_or(ROUNDS, |rounds| rounds as usize);
    println!("REPLICAS_SEED={seed} REPLICAS_ROUNDS={rounds}");
    let clock = Arc::new(clock);
    let contests: Vec<_> = [2, 3]
        .map(|count| tokio::spawn(contest(Arc::clone(&s3), count, rounds, seed, Arc::clone(&clock))))
        .into();
    for contest in contests {
        let mut takeovers = contest.await.expect("no round fails");
        takeovers.sort();
        println!("takeovers after a kill or a pause: {takeovers:?}");
    }
}

/// The library that gives a process another clock.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketime.so.1")).find(|file| file.is_file())
}

/// The token that a process shows to nodes.
fn token(number: usize, starts: usize) -> String {
    format!("token-of-replica-{number}-{starts}")
}

async fn start<'l>(lane: &'l Lane, number: usize, starts: usize, clock: &Path) -> Replica<'l> {
    let mut watching = Watching::start_program(KEYS, |section| {
        let program = lane.on(number, SOURCE, &token(number, starts), section).arg("watch");
        let program = program.env("SECRET_crm_token", "value of the secret");
        // Timers are those of the machine, as on machines whose clocks are off.
        program
            .env("LD_PRELOAD", clock)
            .env("FAKETIME", CLOCKS[number])
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    })
    .await;
    watching.running.keep_reading();
    Replica { watching, number, starts }
}

/// Pushes versions. Returns how long others took to take over.
async fn contest(
    s3: Arc<RealS3>,
    count: usize,
    rounds: usize,
    seed: u64,
    clock: Arc<PathBuf>,
) -> Vec<Duration> {
    let lane = Lane::new(&s3, &format!("replicas-{count}"), count);
    let mut random = fastrand::Rng::with_seed(seed.wrapping_add(count as u64));
    lane.write(SOURCE, "version-0");
    let mut replicas = Vec::new();
    for number in 0..count {
        replicas.push(start(&lane, number, 0, &clock).await);
    }
    deployed(&lane, "version-0", seed).await;
    let mut takeovers = Vec::new();
    for round in 1..=rounds {
        let trouble = [Trouble::Kill, Trouble::Pause, Trouble::End, Trouble::Nothing][round % 4];
        let (version, from) = (format!("version-{round}"), lane.pair.writes.len());
        let side = if random.bool() { Side::Before } else { Side::After };
        let about = format!("seed {seed}, {count} replicas, {version}: {trouble:?} {side:?}");
        let mut caught = lane.pair.writes.catch(random.usize(1..=NODES.len()), side);
        let marks = lane.ways.iter().map(requests).collect::<Vec<_>>();
        lane.write(SOURCE, &version);
        let writer =
            tokio::time::timeout(LIMIT, caught.writer()).await.expect("somebody writes").expect("a writer");
        let is_writer = |replica: &Replica<'_>| token(replica.number, replica.starts) == writer;
        let at = replicas.iter().position(is_writer).unwrap_or_else(|| panic!("{about}: {writer} writes"));
        if trouble == Trouble::Kill {
            watched(&lane, &replicas, at, &marks).await;
        }
        let (began, killed) = (Instant::now(), lane.ways.iter().map(requests).collect::<Vec<_>>());
        match trouble {
            Trouble::Nothing => {}
            Trouble::Kill => replicas[at].watching.running.signal(Signal::KILL),
            Trouble::Pause => replicas[at].watching.running.signal(Signal::STOP),
            Trouble::End => replicas[at].watching.running.signal(Signal::TERM),
        }
        drop(caught);
        deployed(&lane, &version, seed).await;
        let writes = lane.pair.writes.since(from);
        if matches!(trouble, Trouble::Kill | Trouble::Pause) {
            let other = writes.iter().find(|write| write.writer != writer);
            takeovers.extend(other.map(|write| write.at.duration_since(began)));
            if let Some(other) = other.filter(|_| trouble == Trouble::Kill) {
                let is_other = |replica: &&Replica<'_>| token(replica.number, replica.starts) == other.writer;
                let number = replicas.iter().find(is_other).expect("it runs").number;
                assert_counted(&lane.ways[number].log().entries()[killed[number]..], &about);
            }
        }
        let replica = replicas.remove(at);
        let (number, starts) = (replica.number, replica.starts);
        replicas.insert(
            at,
            match trouble {
                Trouble::Nothing => replica,
                Trouble::Pause => {
                    replica.watching.running.signal(Signal::CONT);
                    replica
                }
                Trouble::Kill | Trouble::End => {
                    replica.watching.running.wait(LIMIT).await;
                    start(&lane, number, starts + 1, &clock).await
                }
            },
        );
        let uploads = |node: &str| {
            writes
                .iter()
                .filter(|write| {
                    write.is_upload() && write.node == node && write.comment.as_ref() == Some(&version)
                })
                .count()
        };
        for node in NODES {
            let most = if trouble == Trouble::Nothing { 1 } else { 2 };
            assert!((1..=most).contains(&uploads(node)), "{about}: {writes:#?}");
        }
    }
    for replica in replicas {
        assert_code(&replica.watching.end(Signal::TERM).await, 143);
    }
    let writes = lane.pair.writes.all();
    let (late, pauses) = (late(&writes), rounds.div_ceil(4));
    assert!(late.len() <= pauses, "seed {seed}, {count} replicas: {late:#?} in {writes:#?}");
    takeovers
}

/// Waits until all other processes have looked at the leases of this one since the version was pushed: `marks` are
/// the requests of each process before that.
async fn watched(lane: &Lane, replicas: &[Replica<'_>], at: usize, marks: &[usize]) {
    let metrics =
        replicas[at].watching.get("/metrics").await.expect("an answer").text().await.expect("a text");
    let held = metrics.lines().filter(|line| line.starts_with("sesam_deployer_lease_held{"));
    let held: Vec<bool> = held.map(|line| line.ends_with(" 1")).collect();
    assert_eq!(held, [true; NODES.len()], "it has the leases of the nodes");
    for (_, other) in replicas.iter().enumerate().filter(|(number, _)| *number != at) {
        let has_looked = || {
            let requests = lane.ways[other.number].log().entries();
            let looks = requests[marks[other.number]..].iter().filter(|it| is_on(it, "GET", "lease-"));
            looks.map(|look| look.path_only()).collect::<HashSet<_>>().len() == NODES.len()
        };
        let mut looks = tokio::time::interval(LOOK);
        let looked = tokio::time::timeout(LIMIT, async {
            while !has_looked() {
                looks.tick().await;
            }
        });
        looked.await.expect("it looks at the leases of the nodes");
    }
}

/// The requests of a process to the place so far.
fn requests(way: &Server) -> usize {
    way.log().entries().len()
}

/// Whether a request is about objects whose names begin so.
fn is_on(request: &Entry, method: &str, start: &str) -> bool {
    request.method == method && request.path_only().contains(&format!("/{start}"))
}

/// Checks that a process went on looking at the leases of another one that was killed, so that it did not begin to count when that one no
/// longer counted as alive: it looked again after one or two signs of life of its own.
fn assert_counted(requests: &[Entry], about: &str) {
    let before = requests.iter().take_while(|request| !is_on(request, "GET", "lease-"));
    let signs = before.filter(|request| is_on(request, "PUT", "watch-")).count();
    assert!(signs <= 2, "{about}: {requests:#?}");
}

/// Waits until both nodes have a version, and have answered every write.
async fn deployed(lane: &Lane, version: &str, seed: u64) {
    let has_version = |node: &&str| lane.pair.comment(node).as_deref() == Some(version);
    let is_done =
        || NODES.iter().all(has_version) && lane.pair.writes.all().iter().all(|write| write.status.is_some());
    let mut looks = tokio::time::interval(LOOK);
    let reached = tokio::time::timeout(LIMIT, async {
        while !is_done() {
            looks.tick().await;
        }
    });
    assert!(reached.await.is_ok(), "seed {seed}: nobody deploys {version}: {:#?}", lane.pair.writes.all());
}
