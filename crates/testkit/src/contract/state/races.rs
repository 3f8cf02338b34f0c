//! Writers that race for one object.

use std::sync::Arc;

use deployer_core::traits::{LeasePlace, PutCondition, PutOutcome};
use deployer_state::{Attempt, Holder, Lease, StoredLease, SystemClock, Terms};
use futures::future::join_all;
use serde_json::json;

use super::objects::{content, record, sequence, stored};
use super::rig::LeasePlaceRig;

/// The record whose sequence all writers add to.
const NUMBER: &str = "contract-number.json";

/// All writers create one object at once: one of them does, and its content is there.
pub(super) async fn creations(rig: &dyn LeasePlaceRig) {
    let races = rig.races();
    let places: Vec<_> = (0..races.writers).map(|_| rig.place()).collect();
    for round in 0..races.rounds {
        let name = format!("contract-race-{round}.json");
        let create = |writer: usize| {
            let (place, name) = (&places[writer], &name);
            async move { place.put(name, record(writer), PutCondition::Absent).await }
        };
        let outcomes = join_all((0..races.writers).map(create)).await;
        let is_stored = |outcome: &deployer_core::Result<PutOutcome>| {
            matches!(outcome.as_ref().expect("a race is no failure"), PutOutcome::Stored(_))
        };
        let winners: Vec<usize> = (0..races.writers).filter(|writer| is_stored(&outcomes[*writer])).collect();
        let [winner] = winners[..] else { panic!("one of many writers creates an object: {winners:?} did") };
        let read = content(&*places[0], &name).await;
        assert_eq!(read, Some(record(winner)), "the content is that of the winner");
    }
}

/// All writers add to one number, each under the version that it read: no addition is lost.
pub(super) async fn additions(rig: &dyn LeasePlaceRig) {
    let races = rig.races();
    let places: Vec<_> = (0..races.writers).map(|_| rig.place()).collect();
    stored(places[0].put(NUMBER, record(0), PutCondition::Absent).await);
    join_all(places.iter().map(|place| add(&**place, races.additions))).await;
    let read = content(&*places[0], NUMBER).await;
    assert_eq!(read, Some(record(races.writers * races.additions)), "no addition is lost");
}

async fn add(place: &dyn LeasePlace, times: usize) {
    let mut added = 0;
    while added < times {
        let object = place.get(NUMBER).await.expect("it can be read").expect("it is there");
        let next = record(sequence(&object.content) + 1);
        let outcome = place.put(NUMBER, next, PutCondition::Unchanged(object.version)).await;
        if let PutOutcome::Stored(_) = outcome.expect("a race is no failure") {
            added += 1;
        }
    }
}

/// All writers try to acquire one lease at once: one of them does, in an epoch of its own, and gives it back.
pub(super) async fn leases(rig: &dyn LeasePlaceRig) {
    let races = rig.races();
    let lease = |writer: usize| {
        let (name, target) = ("contract-lease.json", "https://node");
        StoredLease::new(rig.place(), Arc::new(SystemClock), name, target, holder(writer), Terms::default())
    };
    let leases: Vec<_> = (0..races.writers).map(lease).collect();
    for round in 1..=races.leases {
        let attempts = join_all(leases.iter().map(StoredLease::acquire)).await;
        let epoch = |attempt: &deployer_core::Result<Attempt>| match attempt
            .as_ref()
            .expect("a race is no failure")
        {
            Attempt::Held(epoch) => Some(*epoch),
            Attempt::Busy { .. } => None,
        };
        let held: Vec<_> = leases
            .iter()
            .zip(&attempts)
            .filter_map(|(lease, attempt)| Some((lease, epoch(attempt)?)))
            .collect();
        let [(winner, epoch)] = held[..] else { panic!("one of many writers holds a lease: {attempts:?}") };
        assert_eq!(usize::try_from(epoch), Ok(round), "each holder has an epoch of its own");
        assert!(winner.remaining().is_some(), "a lease that was just acquired is valid");
        winner.release().await.expect("it can be given back");
    }
}

fn holder(writer: usize) -> Holder {
    let holder = json!({ "id": writer.to_string(), "name": "a writer", "purpose": "deploy", "process": 1, "version": "test" });
    serde_json::from_value(holder).expect("a holder")
}
