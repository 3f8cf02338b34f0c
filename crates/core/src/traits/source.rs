//! Where a configuration is read from.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::Revision;

/// A place that contains a configuration: a folder, a git repository.
///
/// All calls only read. The runner allows 120 seconds for each, repeats it while its error allows that
/// ([`Error::with_retry`](crate::Error::with_retry)), five attempts in all, and drops its future at any `await`: at the end of that time or
/// on an interruption. Calls may overlap.
///
/// ```
/// use std::sync::Arc;
///
/// use deployer_core::model::Revision;
/// use deployer_core::traits::{ConfigSource, Snapshot};
/// use deployer_core::{Error, Kind, Result};
///
/// /// A configuration of one file.
/// #[derive(Debug, Clone)]
/// struct OneFile(String, Vec<u8>);
///
/// #[async_trait::async_trait]
/// impl ConfigSource for OneFile {
///     fn location(&self) -> String {
///         "memory".to_owned()
///     }
///
///     async fn revision(&self) -> Result<Option<Revision>> {
///         Ok(None)
///     }
///
///     async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
///         Ok(Arc::new(self.clone()))
///     }
/// }
///
/// #[async_trait::async_trait]
/// impl Snapshot for OneFile {
///     fn revision(&self) -> Option<Revision> {
///         None
///     }
///
///     async fn list(&self, folder: &str) -> Result<Vec<String>> {
///         let is_below = folder.is_empty() || self.0.starts_with(&format!("{folder}/"));
///         Ok(is_below.then(|| self.0.clone()).into_iter().collect())
///     }
///
///     async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
///         let read = |path: &String| {
///             if path.starts_with('/') || path.split('/').any(|step| step == "..") {
///                 let message = format!("{path:?} leads out of the configuration");
///                 return Err(Error::new(Kind::Verification, message));
///             }
///             Ok((*path == self.0).then(|| self.1.clone()))
///         };
///         paths.iter().map(read).collect()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let source = OneFile("node/pipes/a.conf.json".to_owned(), b"{}".to_vec());
/// let snapshot = source.fetch().await?;
/// assert_eq!(snapshot.list("node").await?, ["node/pipes/a.conf.json"]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait ConfigSource: Debug + Send + Sync + 'static {
    /// Where it reads from, free of credentials.
    fn location(&self) -> String;

    /// The present revision, with as few requests as possible; `None` when the source has no revisions.
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

/// The files of a source at one revision. Paths are relative to the root, with `/`. The runner repeats and drops its calls as those of
/// [`ConfigSource`]; of a [`read`](Self::read) it repeats only the paths whose errors allow that.
#[async_trait]
pub trait Snapshot: Debug + Send + Sync {
    /// The revision that the snapshot was taken at.
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
