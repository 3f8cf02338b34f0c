//! Many rounds of one watching process, while its source, its secrets, its nodes and its settings are in trouble now and then.
//!
//! A round is one check: something happens, `POST /trigger` asks for a check now, and the process says what came of it. A week of checks every
//! minute has 10,000 rounds, which take more than ten minutes; without `WATCH_ROUNDS=10000` there are fewer. `WATCH_SEED` repeats a schedule.

mod service;
mod usage;

use deployer_tests::checks::assert_code;
use deployer_tests::pair::NODES;

use self::service::{Service, Trouble};

/// The rounds without `WATCH_ROUNDS`.
const ROUNDS: usize = 500;
/// The round after which memory and files are measured first: the page has its last deploys by then.
const WARM: usize = 100;

/// More than the page, its readers, and the requests that are in flight at once.
const SOCKETS: usize = 24;

/// A number that a variable names.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{variable}: {error}")))
}

/// What happens in a round.
#[derive(Debug, Clone, Copy)]
enum Event {
    Nothing,
    Push,
    /// Two pushes between two checks.
    PushTwice,
    /// A commit that does not follow the tip.
    ForcePush,
    /// A configuration that is no JSON.
    PushBroken,
    /// A configuration that would leave a node without a pipe. The plan is approved, or the next commit replaces it.
    PushHeld {
        approve: bool,
    },
    /// Somebody changes a node.
    Drift,
    /// Settings with a mistake, and the mended ones.
    Settings,
    /// Trouble for some rounds, with a push or without.
    Trouble(Trouble, usize, bool),
}

fn draw(random: &mut fastrand::Rng) -> Event {
    let rounds = random.usize(1..4);
    match random.u32(0..1000) {
        0..600 => Event::Nothing,
        600..770 => Event::Push,
        770..790 => Event::PushTwice,
        790..815 => Event::ForcePush,
        815..830 => Event::PushBroken,
        830..850 => Event::PushHeld { approve: random.bool() },
        850..880 => Event::Drift,
        880..900 => Event::Settings,
        900..915 => Event::Trouble(Trouble::BranchDeleted, rounds, false),
        915..930 => Event::Trouble(Trouble::TokenExpired, rounds, random.bool()),
        930..945 => Event::Trouble(Trouble::GitHost, rounds, random.bool()),
        945..960 => Event::Trouble(Trouble::Node, rounds, true),
        960..970 => Event::Trouble(Trouble::NodeToken, rounds, true),
        970..985 => Event::Trouble(Trouble::LostAnswer, 1, true),
        _ => Event::Trouble(Trouble::Store, rounds, true),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_of_rounds_deploys_each_commit_once_or_reports_it_and_leaves_nothing_behind() {
    let seed = number("WATCH_SEED").unwrap_or_else(|| fastrand::u64(..));
    let rounds = number("WATCH_ROUNDS").map_or(ROUNDS, |rounds| rounds as usize).max(WARM + 1);
    println!("WATCH_SEED={seed} WATCH_ROUNDS={rounds}");
    let mut random = fastrand::Rng::with_seed(seed);
    let place = Service::place();
    let mut service = Service::start(&place).await;
    let mut warm = None;
    for round in 0..rounds {
        let event = draw(&mut random);
        service.begin(format!("seed {seed}, round {round}: {event:?}"));
        match event {
            Event::Nothing => {}
            Event::Push => service.push(),
            Event::PushTwice => {
                service.push();
                service.push();
            }
            Event::ForcePush => service.force_push(),
            Event::PushBroken => {
                service.push_broken();
                service.fails().await;
                service.push();
            }
            Event::PushHeld { approve } => {
                service.push_held();
                service.holds(approve).await;
                service.push();
            }
            Event::Drift => service.drift(NODES[random.usize(..NODES.len())]).await,
            Event::Settings => {
                service.break_settings();
                service.push();
                service.deploys().await;
                service.mend_settings();
            }
            Event::Trouble(trouble, rounds, pushes) => {
                service.trouble(trouble);
                if pushes {
                    service.push();
                }
                for _ in 0..rounds {
                    service.suffers(trouble, pushes).await;
                }
                service.end_trouble(trouble);
            }
        }
        service.deploys().await;
        if round == WARM {
            warm = Some(service.usage());
        }
    }
    let warm = warm.expect("there are enough rounds");
    let end = service.usage();
    println!("after {WARM} rounds {warm:?}, after {rounds} {end:?}; {}", service.summary());
    assert!(
        end.resident_kilobytes * 5 <= warm.resident_kilobytes * 6,
        "memory grew from {warm:?} to {end:?}"
    );
    assert!(end.files <= warm.files, "files are left open: {warm:?} {end:?}");
    assert!(end.sockets <= SOCKETS, "connections are left open: {warm:?} {end:?}");
    assert_eq!(end.temporary, Vec::<String>::new());
    let said = service.end().await;
    assert_code(&said, 143);
    assert_eq!(place.temporary(), Vec::<String>::new(), "a temporary file is left");
}
