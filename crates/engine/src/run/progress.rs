//! What a run tells whoever watches it.

use std::fmt::Debug;
use std::time::Duration;

use deployer_core::error::Error;

/// Something that happened during a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A part of the run begins: `read the configuration`. `total` is the number of steps, if known.
    Began {
        /// What begins.
        part: &'a str,
        /// How many things there are to do.
        total: Option<usize>,
    },
    /// One more thing of a part is done.
    Advanced {
        /// The part.
        part: &'a str,
    },
    /// A part of the run ended.
    Ended {
        /// The part.
        part: &'a str,
    },
    /// A call failed and is made again after a while.
    Retrying {
        /// What was attempted.
        attempted: &'a str,
        /// Why it failed.
        error: &'a Error,
        /// How long the run waits.
        wait: Duration,
    },
    /// A call has not been answered for a while.
    Waiting {
        /// What was attempted.
        attempted: &'a str,
        /// How long ago the call was made.
        waited: Duration,
    },
    /// A write begins.
    Writing {
        /// The node.
        node: &'a str,
        /// The step.
        step: &'a str,
    },
    /// A write ended, well or not.
    Wrote {
        /// The node.
        node: &'a str,
        /// The step.
        step: &'a str,
    },
}

/// Watches a run. Called from many tasks; must not block.
pub trait Progress: Debug + Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// A part of a run that is under way. Dropping it ends it, also on an early return.
pub(super) struct Part<'a> {
    progress: &'a dyn Progress,
    name: &'a str,
}

impl<'a> Part<'a> {
    pub(super) fn begin(progress: &'a dyn Progress, name: &'a str, total: Option<usize>) -> Self {
        progress.event(Event::Began { part: name, total });
        Self { progress, name }
    }

    pub(super) fn advance(&self) {
        self.progress.event(Event::Advanced { part: self.name });
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.progress.event(Event::Ended { part: self.name });
    }
}

/// A write that is under way. Dropping it ends it.
pub(super) struct Writing<'a> {
    progress: &'a dyn Progress,
    node: &'a str,
    step: &'a str,
}

impl<'a> Writing<'a> {
    pub(super) fn begin(progress: &'a dyn Progress, node: &'a str, step: &'a str) -> Self {
        progress.event(Event::Writing { node, step });
        Self { progress, node, step }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.progress.event(Event::Wrote { node: self.node, step: self.step });
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}
