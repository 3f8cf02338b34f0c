//! Calls that must succeed.

use deployer_core::traits::{ObjectVersion, PutCondition, PutOutcome, StatePlace};

/// The version of a write that must succeed.
#[track_caller]
pub(super) fn stored(outcome: deployer_core::Result<PutOutcome>) -> ObjectVersion {
    match outcome {
        Ok(PutOutcome::Stored(version)) => version,
        other => panic!("the object is not stored: {other:?}"),
    }
}

/// Creates an object; its version.
pub(super) async fn create(place: &dyn StatePlace, name: &str, content: &[u8]) -> ObjectVersion {
    stored(place.put(name, content.to_vec(), PutCondition::Absent).await)
}

/// The content of an object, if it is there.
pub(super) async fn content(place: &dyn StatePlace, name: &str) -> Option<Vec<u8>> {
    place.get(name).await.expect("the place can be read").map(|object| object.content)
}
