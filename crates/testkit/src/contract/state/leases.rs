//! The suite of [`LeasePlace`](deployer_core::traits::LeasePlace).

use deployer_core::traits::{ObjectVersion, PutCondition, PutOutcome};

use super::objects::{content, create, record, stored};
use super::rig::LeasePlaceRig;
use super::{races, trouble};
use crate::contract::checks::Secrecy;
use crate::contract::limits::Limits;

/// Every case that a [`LeasePlace`](deployer_core::traits::LeasePlace) has to pass.
///
/// # Panics
/// When it does not pass.
pub async fn lease_place_contract(rig: &dyn LeasePlaceRig) {
    let secrecy = Secrecy::new(rig.credentials());
    let limits = Limits::new(rig.limits());
    reads_what_was_written(rig).await;
    creates_only_what_is_absent(rig).await;
    replaces_only_what_is_unchanged(rig).await;
    races::creations(rig).await;
    races::additions(rig).await;
    races::leases(rig).await;
    trouble::fails(rig, &secrecy, &limits).await;
    trouble::loses_an_answer(rig, &secrecy, &limits).await;
    secrecy.check("the place", &rig.place());
    secrecy.check("its location", &rig.place().location());
}

async fn reads_what_was_written(rig: &dyn LeasePlaceRig) {
    let place = rig.place();
    assert_eq!(content(&*place, "contract-none.json").await, None, "a record that does not exist is none");
    let version = create(&*place, "contract-record.json", &record(1)).await;
    let object = rig.place().get("contract-record.json").await.expect("it can be read").expect("it is there");
    assert!(object.content == record(1), "a record is returned byte for byte");
    assert_eq!(object.version, version, "a read has the version of the write");
    let replicas =
        serde_json::json!({ "replicas": { "name ø \"1\"": "x".repeat(20_000) } }).to_string().into_bytes();
    create(&*place, "contract-replicas.json", &replicas).await;
    let read = content(&*rig.place(), "contract-replicas.json").await;
    assert!(read.as_deref() == Some(&replicas[..]), "a record of replicas is returned byte for byte");
}

async fn creates_only_what_is_absent(rig: &dyn LeasePlaceRig) {
    let place = rig.place();
    create(&*place, "contract-created.json", &record(1)).await;
    let again = place.put("contract-created.json", record(2), PutCondition::Absent).await;
    assert_eq!(again, Ok(PutOutcome::ConditionFailed), "an object is created once");
    let read = content(&*place, "contract-created.json").await;
    assert_eq!(read, Some(record(1)), "a refused write changes nothing");
}

async fn replaces_only_what_is_unchanged(rig: &dyn LeasePlaceRig) {
    const NAME: &str = "contract-replaced.json";
    let place = rig.place();
    let first = create(&*place, NAME, &record(1)).await;
    let unchanged = |version: &ObjectVersion| PutCondition::Unchanged(version.clone());
    let second = stored(place.put(NAME, record(2), unchanged(&first)).await);
    assert_ne!(first, second, "another content has another version");
    let stale = place.put(NAME, record(3), unchanged(&first)).await;
    assert_eq!(stale, Ok(PutOutcome::ConditionFailed), "a version is replaced once");
    assert_eq!(content(&*place, NAME).await, Some(record(2)), "a refused write changes nothing");
    stored(rig.place().put(NAME, record(3), unchanged(&second)).await);
    let absent = place.put("contract-none.json", record(4), unchanged(&second)).await;
    assert_eq!(absent, Ok(PutOutcome::ConditionFailed), "an object that does not exist is not replaced");
    assert_eq!(content(&*place, "contract-none.json").await, None, "a refused write changes nothing");
}
