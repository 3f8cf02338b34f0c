//! Calls that must succeed, and the content of objects.

use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome};
use serde_json::{Value, json};

/// The version of a write that must succeed.
#[track_caller]
pub(super) fn stored(outcome: deployer_core::Result<PutOutcome>) -> ObjectVersion {
    match outcome {
        Ok(PutOutcome::Stored(version)) => version,
        other => panic!("the object is not stored: {other:?}"),
    }
}

/// Creates an object; its version.
pub(super) async fn create(place: &(impl LeasePlace + ?Sized), name: &str, content: &[u8]) -> ObjectVersion {
    stored(place.put(name, content.to_vec(), PutCondition::Absent).await)
}

/// The content of an object, if it is there.
pub(super) async fn content(place: &(impl LeasePlace + ?Sized), name: &str) -> Option<Vec<u8>> {
    place.get(name).await.expect("the place can be read").map(|object| object.content)
}

/// The record of a lease that nobody has, with a sequence.
pub(super) fn record(sequence: usize) -> Vec<u8> {
    let record = json!({
        "format": 1, "target": "https://node", "epoch": 1, "sequence": sequence, "holder": null, "ttl": 60,
        "acquired": 1_764_000_000, "renewed": 1_764_000_000,
    });
    record.to_string().into_bytes()
}

/// The sequence of a record.
pub(super) fn sequence(record: &[u8]) -> usize {
    let record: Value = serde_json::from_slice(record).expect("a record");
    record["sequence"].as_u64().and_then(|number| usize::try_from(number).ok()).expect("a number")
}
