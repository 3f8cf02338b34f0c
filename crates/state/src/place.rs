//! A place for small objects that machines share.

use std::fmt::Debug;

use async_trait::async_trait;
use deployer_core::Result;

/// The version of an object, in the words of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub String);

/// The content of an object, and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The content.
    pub content: Vec<u8>,
    /// The version that has this content.
    pub version: Version,
}

/// When a place stores an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Only if there is no object of that name.
    Absent,
    /// Only if the object still has this version.
    Unchanged(Version),
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// The object is stored, under this version.
    Stored(Version),
    /// The condition was not met. Nothing is stored.
    ConditionFailed,
}

/// A place for small named objects. It makes each request once: a repeated write turns a success into a refusal.
#[async_trait]
pub trait StatePlace: Debug + Send + Sync {
    /// Reads an object. `None` if there is no object of that name.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn get(&self, name: &str) -> Result<Option<Object>>;

    /// Writes an object if the condition is met, atomically.
    ///
    /// # Errors
    /// When the place does not answer, or rejects the request. Callers treat the outcome as unknown.
    async fn put(&self, name: &str, content: Vec<u8>, condition: Condition) -> Result<Put>;
}
