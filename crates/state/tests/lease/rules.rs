//! The rules of a lease, one at a time.

use std::sync::Arc;
use std::time::Duration;

use crate::memory::{Fault, Manual, Memory, holder};
use deployer_core::Kind;
use deployer_core::traits::{LeasePlace, PutCondition, PutOutcome};
use deployer_state::{Attempt, Clock, Lease, Ledger, Record, Renewal, StoredLease, SystemClock, Terms};

const NAME: &str = "lease-node.json";
const TARGET: &str = "https://node";

/// A place, a clock, and leases of two runs on one target.
struct World {
    place: Arc<Memory>,
    clock: Arc<Manual>,
    a: StoredLease,
    b: StoredLease,
}

fn world() -> World {
    let (place, clock) = (Arc::new(Memory::default()), Arc::new(Manual::default()));
    let lease =
        |id| StoredLease::new(place.clone(), clock.clone(), NAME, TARGET, holder(id), Terms::default());
    World { a: lease("a"), b: lease("b"), place, clock }
}

async fn record(lease: &StoredLease) -> Record {
    lease.inspect().await.unwrap().unwrap()
}

fn seconds(lease: &StoredLease) -> Option<u64> {
    lease.remaining().map(|left| left.as_secs())
}

#[tokio::test]
async fn a_lease_is_valid_until_the_margin_and_a_renewal_extends_it() {
    let world = world();
    assert_eq!(world.a.acquire().await.unwrap(), Attempt::Held(1));
    assert_eq!(seconds(&world.a), Some(55));
    world.clock.pass(15);
    assert_eq!(world.a.renew().await.unwrap(), Renewal::Renewed);
    assert_eq!(seconds(&world.a), Some(55));
    world.clock.pass(55);
    assert_eq!(seconds(&world.a), None);
}

#[tokio::test]
async fn another_run_takes_over_only_after_the_record_was_unchanged_for_ttl_and_grace() {
    let world = world();
    world.a.acquire().await.unwrap();
    world.clock.pass(1000);
    let takeover_in = async || match world.b.acquire().await.unwrap() {
        Attempt::Busy { takeover_in, .. } => Some(takeover_in.as_secs()),
        Attempt::Held(_) => None,
    };
    assert_eq!(takeover_in().await, Some(90), "the time before the first look does not count");
    world.clock.pass(89);
    assert_eq!(takeover_in().await, Some(1));
    world.a.renew().await.unwrap();
    world.clock.pass(1);
    assert_eq!(takeover_in().await, Some(90), "a renewal starts the wait again");
    world.clock.pass(90);
    assert_eq!(world.b.acquire().await.unwrap(), Attempt::Held(2));
    let Renewal::Lost(Some(lost)) = world.a.renew().await.unwrap() else { panic!("b holds the lease") };
    assert_eq!((lost.epoch, lost.holder), (2, Some(holder("b"))));
    assert_eq!(world.a.remaining(), None);
    assert_eq!(world.a.renew().await.unwrap_err().kind(), Kind::Refused);
}

#[tokio::test]
async fn a_takeover_counts_from_the_first_look_of_the_process() {
    let world = world();
    let ledger = Ledger::default();
    let lease = |id| {
        StoredLease::new(world.place.clone(), world.clock.clone(), NAME, TARGET, holder(id), Terms::default())
            .with_ledger(ledger.clone())
    };
    let (looks, deploys) = (lease("looks"), lease("deploys"));
    let takeover_in = async || match deploys.acquire().await.unwrap() {
        Attempt::Busy { takeover_in, .. } => Some(takeover_in.as_secs()),
        Attempt::Held(_) => None,
    };
    let held = || ledger.held(world.clock.now()).get(TARGET).copied();
    world.a.acquire().await.unwrap();
    assert_eq!(held(), None);
    looks.inspect().await.unwrap();
    world.clock.pass(60);
    assert_eq!((takeover_in().await, held()), (Some(30), Some(false)));
    world.a.renew().await.unwrap();
    looks.inspect().await.unwrap();
    world.clock.pass(89);
    assert_eq!(takeover_in().await, Some(1), "a renewal starts the wait again");
    world.clock.pass(1);
    assert_eq!(deploys.acquire().await.unwrap(), Attempt::Held(2));
    assert_eq!(held(), Some(true));
    world.clock.pass(55);
    assert_eq!(held(), Some(false), "it ends before others take over");
    deploys.renew().await.unwrap();
    assert_eq!(held(), Some(true));
    deploys.release().await.unwrap();
    assert_eq!(held(), Some(false));
}

#[tokio::test]
async fn a_released_lease_is_free_at_once_and_its_record_stays() {
    let world = world();
    world.a.acquire().await.unwrap();
    world.a.release().await.unwrap();
    assert_eq!(world.a.remaining(), None);
    let released = record(&world.a).await;
    assert_eq!((released.epoch, released.holder), (1, None));
    assert_eq!(world.b.acquire().await.unwrap(), Attempt::Held(2));
    world.a.release().await.unwrap();
    assert_eq!(record(&world.a).await.holder, Some(holder("b")), "only the holder releases");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_read_back() {
    let world = world();
    world.place.fail_next(Fault::AnswerLost);
    assert_eq!(world.a.acquire().await.unwrap(), Attempt::Held(1));
    world.clock.pass(15);
    world.place.fail_next(Fault::AnswerLost);
    assert_eq!(world.a.renew().await.unwrap(), Renewal::Renewed);
    assert_eq!(seconds(&world.a), Some(55));
    world.place.fail_next(Fault::AnswerLost);
    world.a.release().await.unwrap();
    assert_eq!(world.b.acquire().await.unwrap(), Attempt::Held(2));
}

#[tokio::test]
async fn a_write_that_is_lost_acquires_nothing_and_extends_nothing() {
    let world = world();
    world.place.fail_next(Fault::RequestLost);
    assert_eq!(world.a.acquire().await.unwrap_err().kind(), Kind::UnknownOutcome);
    assert_eq!(world.a.remaining(), None);
    world.a.acquire().await.unwrap();
    world.clock.pass(15);
    world.place.fail_next(Fault::RequestLost);
    assert_eq!(world.a.renew().await.unwrap_err().kind(), Kind::UnknownOutcome);
    assert_eq!(seconds(&world.a), Some(40), "the lease stays held for the time that remains");
}

#[tokio::test]
async fn a_renewal_that_arrives_late_is_not_taken_for_the_loss_of_the_lease() {
    let world = world();
    world.a.acquire().await.unwrap();
    let before = world.place.read(NAME).unwrap();
    world.clock.pass(15);
    world.place.fail_next(Fault::RequestLost);
    world.a.renew().await.unwrap_err();
    let mut late: serde_json::Value = serde_json::from_slice(&before.content).unwrap();
    late["sequence"] = 2.into();
    let late = serde_json::to_vec(&late).unwrap();
    let put = world.place.put(NAME, late.clone(), PutCondition::Unchanged(before.version)).await.unwrap();
    assert!(matches!(put, PutOutcome::Stored(_)));
    assert_eq!(seconds(&world.a), Some(40), "a write that arrives late extends nothing");
    assert_eq!(world.a.renew().await.unwrap(), Renewal::Renewed);
    assert_eq!(seconds(&world.a), Some(55));
    assert_ne!(world.place.read(NAME).unwrap().content, late, "the renewal wrote a record of its own");
    let now = record(&world.a).await;
    assert_eq!((now.epoch, now.sequence), (1, 4));
}

#[tokio::test]
async fn a_lease_is_broken_only_with_the_epoch_of_its_holder() {
    let world = world();
    assert_eq!(world.b.break_epoch(1).await.unwrap_err().kind(), Kind::Refused);
    world.a.acquire().await.unwrap();
    let refused = world.b.break_epoch(7).await.unwrap_err();
    assert_eq!((refused.kind(), refused.cause()), (Kind::Refused, Some("its epoch is 1")));
    world.b.break_epoch(1).await.unwrap();
    assert_eq!(world.b.break_epoch(2).await.unwrap_err().cause(), Some("nobody holds it"));
    assert!(matches!(world.a.renew().await.unwrap(), Renewal::Lost(Some(_))));
    assert_eq!(world.b.acquire().await.unwrap(), Attempt::Held(3));
}

#[tokio::test]
async fn records_that_are_newer_broken_or_of_another_target_are_errors() {
    for (content, kind, text) in [
        ("{\"format\": 2, \"lanes\": []}", Kind::Refused, "a newer version wrote this record"),
        ("{\"format\": 1}", Kind::Unexpected, "invalid record"),
        ("nonsense", Kind::Unexpected, "invalid record"),
    ] {
        let world = world();
        world.place.write(NAME, content.into(), &PutCondition::Absent);
        let error = world.a.acquire().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{content}");
        assert!(error.message().contains(text) && !error.hints().is_empty(), "{error:?}");
        assert_eq!(world.place.read(NAME).unwrap().content, content.as_bytes(), "nothing is overwritten");
    }
    let world = world();
    world.a.acquire().await.unwrap();
    let other =
        StoredLease::new(world.place, world.clock, NAME, "https://other", holder("c"), Terms::default());
    assert_eq!(other.acquire().await.unwrap_err().cause(), Some("its target is https://node"));
}

#[test]
fn the_clock_of_the_machine_goes_on() {
    let before = SystemClock.now();
    assert!(before > Duration::ZERO || cfg!(not(unix)));
    assert!(SystemClock.now() >= before);
}
