//! Who is told.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::Report;

/// A channel that people read.
#[async_trait]
pub trait Notifier: Debug + Send + Sync + 'static {
    /// Where it delivers to, free of credentials: `Slack channel #deploys`.
    fn location(&self) -> String;

    /// What a delivery that passed does not tell, where the service only takes messages and shows them later, or not.
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
