//! A channel in memory.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Report;
use deployer_core::traits::Notifier;

use super::Script;

/// What was delivered: a report, or the message of a test.
type Delivered = Option<Report>;

/// A notifier that keeps what it delivers. Clones share it.
///
/// Calls in the journal: `notifier deliver`, `notifier test`.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    delivered: Arc<Mutex<Vec<Delivered>>>,
    script: Script,
}

impl Collector {
    /// A channel in which nothing was said yet.
    pub fn new(script: &Script) -> Self {
        Self { delivered: Arc::default(), script: script.clone() }
    }

    /// What was delivered so far; none stands for the message of a test.
    pub fn delivered(&self) -> Vec<Option<Report>> {
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, what: Delivered) -> Result<()> {
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        Ok(())
    }
}

#[async_trait]
impl Notifier for Collector {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn deliver(&self, report: &Report) -> Result<()> {
        self.script.perform("notifier deliver".to_owned(), || self.keep(Some(report.clone()))).await
    }

    async fn test(&self) -> Result<()> {
        self.script.perform("notifier test".to_owned(), || self.keep(None)).await
    }
}
