//! What a program logs at its most talkative.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::filter::LevelFilter;

use crate::canary::Canary;

/// Everything that is logged from [`Log::collect`] on, by all crates, at the level TRACE.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Begins to collect. A test that calls this is a program of its own: what is logged is settled once per process.
    ///
    /// # Panics
    /// When what is logged is settled already.
    pub fn collect() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
        subscriber.with_writer(move || writer.clone()).init();
        log
    }

    /// What was logged so far.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Asserts that no canary was logged, in any encoding.
    ///
    /// # Panics
    /// When one was.
    #[track_caller]
    pub fn assert_without<'a>(&self, canaries: impl IntoIterator<Item = &'a Canary>) {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for canary in canaries {
            assert_eq!(canary.find(&bytes), [], "{} was logged", canary.name());
        }
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
