//! Channels that get a report of each run.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::Report;

/// A channel that people read.
///
/// The runner allows 120 seconds for a delivery, and repeats the whole call while its error allows that
/// ([`Error::with_retry`](crate::Error::with_retry)), five attempts in all. An interruption drops the future at any `await`. Calls on one
/// notifier do not overlap; several notifiers deliver at the same time.
///
/// ```
/// use std::sync::Mutex;
///
/// use deployer_core::Result;
/// use deployer_core::model::Report;
/// use deployer_core::traits::Notifier;
///
/// /// Keeps the lines that it is to deliver.
/// #[derive(Debug, Default)]
/// struct Lines(Mutex<Vec<String>>);
///
/// #[async_trait::async_trait]
/// impl Notifier for Lines {
///     fn location(&self) -> String {
///         "memory".to_owned()
///     }
///
///     async fn deliver(&self, report: &Report) -> Result<()> {
///         let line = format!("{}: {}", report.heading(), report.summary);
///         self.0.lock().expect("nothing panics").push(line);
///         Ok(())
///     }
///
///     async fn test(&self) -> Result<()> {
///         self.0.lock().expect("nothing panics").push("The settings work.".to_owned());
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let lines = Lines::default();
/// lines.test().await?;
/// assert_eq!(*lines.0.lock().expect("nothing panics"), ["The settings work."]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Notifier: Debug + Send + Sync + 'static {
    /// Where it delivers to, free of credentials: `Slack channel #deploys`.
    fn location(&self) -> String;

    /// What a successful delivery leaves open, for a service that accepts messages and may not show them.
    fn caveat(&self) -> Option<&'static str> {
        None
    }

    /// Delivers a report.
    ///
    /// # Errors
    /// Classified. A failed notification is reported and never fails a deploy. An error after a part was delivered is not
    /// retryable, so that nobody reads the same thing twice.
    async fn deliver(&self, report: &Report) -> Result<()>;

    /// Delivers a short message that shows that the settings work.
    ///
    /// # Errors
    /// As [`Self::deliver`].
    async fn test(&self) -> Result<()>;
}
