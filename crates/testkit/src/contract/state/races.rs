//! Writers that race for one object.

use std::sync::Arc;

use deployer_core::traits::{PutCondition, PutOutcome, StatePlace};
use deployer_state::{Attempt, Holder, Lease, StoredLease, SystemClock, Terms};
use futures::future::join_all;
use serde_json::json;

use super::objects::{content, stored};
use super::rig::StatePlaceRig;

/// All writers create one object at once: one of them does, and its content is there.
pub(super) async fn creations(rig: &dyn StatePlaceRig) {
    let races = rig.races();
    let places: Vec<_> = (0..races.writers).map(|_| rig.place()).collect();
    for round in 0..races.rounds {
        let name = format!("contract-race-{round}");
        let create = |writer: usize| {
            let (place, name) = (&places[writer], &name);
            async move { place.put(name, writer.to_string().into_bytes(), PutCondition::Absent).await }
        };
        let outcomes = join_all((0..races.writers).map(create)).await;
        let is_stored = |outcome: &deployer_core::Result<PutOutcome>| {
            matches!(outcome.as_ref().expect("a race is no failure"), PutOutcome::Stored(_))
        };
        let winners: Vec<usize> = (0..races.writers).filter(|writer| is_stored(&outcomes[*writer])).collect();
        let [winner] = winners[..] else { panic!("one of many writers creates an object: {winners:?} did") };
        let read = content(&*places[0], &name).await;
        assert_eq!(read, Some(winner.to_string().into_bytes()), "the content is that of the winner");
    }
}

/// All writers add to one number, each under the version that it read: no addition is lost.
pub(super) async fn additions(rig: &dyn StatePlaceRig) {
    let races = rig.races();
    let places: Vec<_> = (0..races.writers).map(|_| rig.place()).collect();
    stored(places[0].put("contract-number", b"0".to_vec(), PutCondition::Absent).await);
    join_all(places.iter().map(|place| add(&**place, races.additions))).await;
    let read = content(&*places[0], "contract-number").await;
    let expected = (races.writers * races.additions).to_string();
    assert_eq!(read, Some(expected.into_bytes()), "no addition is lost");
}

async fn add(place: &dyn StatePlace, times: usize) {
    let mut added = 0;
    while added < times {
        let object = place.get("contract-number").await.expect("it can be read").expect("it is there");
        let number: usize = String::from_utf8_lossy(&object.content).parse().expect("a number");
        let next = (number + 1).to_string().into_bytes();
        let outcome = place.put("contract-number", next, PutCondition::Unchanged(object.version)).await;
        if let PutOutcome::Stored(_) = outcome.expect("a race is no failure") {
            added += 1;
        }
    }
}

/// All writers try to acquire one lease at once: one of them does, in an epoch of its own, and gives it back.
pub(super) async fn leases(rig: &dyn StatePlaceRig) {
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
