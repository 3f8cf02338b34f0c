//! What happens to one of two runs, and when.

use std::time::Instant;

use deployer_testkit::server::{Cut, Hold, Moment, Rule};
use deployer_testkit::world::{Outcome, Running, Signal};
use deployer_tests::pair::{Caught, Side};

use crate::lane::{LIMIT, Lane, Version};

/// What happens to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Nothing,
    Kill,
    /// It is stopped until the other run has ended.
    Pause,
    /// It cannot reach the bucket any more.
    Cut,
    /// It cannot reach the bucket any more, and a node does not answer until the run has ended.
    CutAndSlow,
    /// Answers of the bucket to both runs are lost.
    LostAnswers,
    KillAndLostAnswers,
    PauseAndLostAnswers,
}

impl Trouble {
    pub(crate) const ALL: [Self; 8] = [
        Self::Nothing,
        Self::Kill,
        Self::Pause,
        Self::Cut,
        Self::CutAndSlow,
        Self::LostAnswers,
        Self::KillAndLostAnswers,
        Self::PauseAndLostAnswers,
    ];

    pub(crate) fn kills(self) -> bool {
        matches!(self, Self::Kill | Self::KillAndLostAnswers)
    }

    pub(crate) fn pauses(self) -> bool {
        matches!(self, Self::Pause | Self::PauseAndLostAnswers)
    }

    fn loses_answers(self) -> bool {
        matches!(self, Self::LostAnswers | Self::KillAndLostAnswers | Self::PauseAndLostAnswers)
    }
}

/// When it happens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// At the n-th write to a node, to the run that makes it.
    Write(usize, Side),
    /// At the n-th request of a machine to the bucket.
    Place { machine: usize, nth: usize, side: Side },
}

impl When {
    pub(crate) fn draw(random: &mut fastrand::Rng, trouble: Trouble) -> Self {
        let side = if random.bool() { Side::Before } else { Side::After };
        match trouble {
            // A node that carries out a late request is no matter of leases.
            Trouble::CutAndSlow => Self::Write(random.usize(1..4), Side::After),
            _ if random.bool() => Self::Write(random.usize(1..6), side),
            _ => Self::Place { machine: random.usize(0..2), nth: random.usize(1..9), side },
        }
    }
}

/// A request that is on its way.
enum Stopped {
    Write(Caught),
    Place(Hold),
}

/// How two runs ended.
pub(crate) struct Ended {
    /// The run that had the trouble. Without trouble, the first one.
    pub(crate) victim: usize,
    pub(crate) outcomes: [Outcome; 2],
    /// When the trouble happened.
    pub(crate) at: Instant,
}

/// Starts both runs, and makes trouble for one of them.
pub(crate) async fn run(lane: &Lane, versions: &[Version; 2], trouble: Trouble, when: When) -> Ended {
    let stopped = match when {
        _ if matches!(trouble, Trouble::Nothing | Trouble::LostAnswers) => None,
        When::Write(nth, side) => Some(Stopped::Write(lane.pair.writes.catch(nth, side))),
        When::Place { machine, nth, side } => {
            let moment = if side == Side::Before { Moment::BeforeApply } else { Moment::AfterApply };
            Some(Stopped::Place(lane.ways[machine].faults().hold(Rule::any().nth(nth), moment)))
        }
    };
    if trouble.loses_answers() {
        let lost = |nth| Rule::new("PUT", "*").nth(nth);
        lane.ways.iter().for_each(|way| {
            [1, 3, 6].map(lost).into_iter().for_each(|rule| way.faults().cut(rule, Cut::BeforeAnswer))
        });
    }
    let [first, second] = [0, 1].map(|machine| lane.deploy(machine, &versions[machine]).start());
    let Some(mut stopped) = stopped else {
        let at = Instant::now();
        let (first, second) = tokio::join!(first.wait(LIMIT), second.wait(LIMIT));
        return Ended { victim: 0, outcomes: [first, second], at };
    };
    let victim =
        tokio::time::timeout(LIMIT, arrived(&mut stopped, when, versions)).await.expect("the request comes");
    let (run, other) = if victim == 0 { (first, second) } else { (second, first) };
    let at = Instant::now();
    let (run, other) = make(lane, trouble, victim, stopped, (run, other)).await;
    let outcomes = if victim == 0 { [run, other] } else { [other, run] };
    Ended { victim, outcomes, at }
}

/// The machine whose request it is.
async fn arrived(stopped: &mut Stopped, when: When, versions: &[Version; 2]) -> usize {
    match (stopped, when) {
        (Stopped::Write(caught), _) => {
            let writer = caught.writer().await.expect("a writer");
            usize::from(writer == versions[1].token)
        }
        (Stopped::Place(hold), When::Place { machine, .. }) => {
            hold.arrived().await.expect("a request");
            machine
        }
        (Stopped::Place(_), When::Write(..)) => unreachable!("a hold is made for requests to the bucket"),
    }
}

async fn make(
    lane: &Lane,
    trouble: Trouble,
    victim: usize,
    stopped: Stopped,
    (run, other): (Running<'_>, Running<'_>),
) -> (Outcome, Outcome) {
    match trouble {
        Trouble::Nothing | Trouble::LostAnswers => {}
        Trouble::Kill | Trouble::KillAndLostAnswers => run.signal(Signal::KILL),
        Trouble::Pause | Trouble::PauseAndLostAnswers => {
            run.signal(Signal::STOP);
            drop(stopped);
            let other = other.wait(LIMIT).await;
            run.signal(Signal::CONT);
            return (run.wait(LIMIT).await, other);
        }
        Trouble::Cut => lane.ways[victim].faults().cut(Rule::any(), Cut::BeforeBody),
        Trouble::CutAndSlow => {
            lane.ways[victim].faults().cut(Rule::any(), Cut::BeforeBody);
            let run = run.wait(LIMIT).await;
            drop(stopped);
            return (run, other.wait(LIMIT).await);
        }
    }
    drop(stopped);
    tokio::join!(run.wait(LIMIT), other.wait(LIMIT))
}
