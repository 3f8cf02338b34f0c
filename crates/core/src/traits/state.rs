//! Places that machines share: for leases alone, or for leases, snapshots, fingerprints and plans.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;

/// The version of an object, in the words of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion(pub String);

/// The content of an object, and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// The content.
    pub content: Vec<u8>,
    /// The version that has this content.
    pub version: ObjectVersion,
}

/// When a place stores an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutCondition {
    /// Only if there is no object of that name.
    Absent,
    /// Only if the object still has this version.
    Unchanged(ObjectVersion),
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object is stored, under this version.
    Stored(ObjectVersion),
    /// The condition was not met. Nothing is stored.
    ConditionFailed,
}

/// A place for the records of leases, and of the replicas that share deployments. It makes each request once: a repeated write turns a
/// success into a refusal. The name of a record consists of small ASCII letters, digits, `-` and `.`, at most 200 characters, and its
/// content is a JSON object: for a lease a record of the crate `deployer-state`.
#[async_trait]
pub trait LeasePlace: Debug + Send + Sync {
    /// Where it is, for messages, such as `s3://bucket/folder`. Free of credentials. Two places with the same location have the same
    /// objects.
    fn location(&self) -> String;

    /// Reads an object. `None` if there is no object of that name.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn get(&self, name: &str) -> Result<Option<StoredObject>>;

    /// Writes an object if the condition is met, atomically.
    ///
    /// # Errors
    /// When the place does not answer, or rejects the request. Callers treat the outcome as unknown.
    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome>;
}

/// A place for all state: small named objects with any content. A name consists of ASCII letters, digits, `-`, `_` and `.`, at most 200
/// characters.
#[async_trait]
pub trait StatePlace: LeasePlace {
    /// The names of all objects whose names start with `prefix`, in alphabetical order. It follows all pages of a long list.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// Deletes an object. Does nothing if there is no object of that name. Leases are never deleted.
    ///
    /// # Errors
    /// When the place does not answer, or rejects the request. Callers treat the outcome as unknown.
    async fn delete(&self, name: &str) -> Result<()>;
}
