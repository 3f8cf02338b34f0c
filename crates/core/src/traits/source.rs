//! Where a configuration is read from.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::Revision;

/// A place that holds a configuration: a folder, a git repository.
#[async_trait]
pub trait ConfigSource: Debug + Send + Sync + 'static {
    /// Where it reads from, free of credentials.
    fn location(&self) -> String;

    /// What the source stands at now, as cheaply as it can be told; none when the source has no such thing.
    ///
    /// # Errors
    /// As the place gives them, classified.
    async fn revision(&self) -> Result<Option<Revision>>;

    /// Takes a snapshot to read from. All reads of one snapshot see one revision where the source has revisions.
    ///
    /// # Errors
    /// `NotFound` when the place does not exist; else as the place gives them, classified.
    async fn fetch(&self) -> Result<Arc<dyn Snapshot>>;
}

/// The files of a source at one revision. Paths are relative to the root, with `/`.
#[async_trait]
pub trait Snapshot: Debug + Send + Sync {
    /// What the snapshot was taken at.
    fn revision(&self) -> Option<Revision>;

    /// The paths of all files below a folder, in order of their bytes; empty if the folder does not exist. A file that a listing leaves
    /// out is removed from the node, so a link that cannot be followed is a failure. Only files in hidden folders are left out.
    ///
    /// # Errors
    /// `Verification` for links that lead out of the root, into a hidden folder such as `.git`, in a circle or to nothing, all of them at
    /// once; otherwise if the folder cannot be listed.
    async fn list(&self, folder: &str) -> Result<Vec<String>>;

    /// Reads files, each on its own: the answers stand in the order of `paths`; `None` for a file that does not exist.
    ///
    /// A path that leaves the root (`..`, absolute, through a link), a link into a hidden folder or to nothing, and anything that is not
    /// an ordinary file of a limited size is a `Verification` failure. Reads run concurrently.
    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>>;
}
