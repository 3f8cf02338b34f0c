//! The parts that all deployments of a process have in common.

use tokio::sync::Semaphore;

use super::sharing::Sharing;
use crate::cli::Watch;
use crate::output::Output;
use crate::session::Opener;
use crate::watching::Boards;

/// How many sources are read at the same time.
const CHECKS: usize = 16;

/// The parts that all deployments of a process have in common.
pub(super) struct Common<'p> {
    pub(super) opener: &'p Opener<'p>,
    pub(super) arguments: &'p Watch,
    pub(super) output: &'p Output,
    pub(super) boards: Boards,
    pub(super) sharing: Option<Sharing>,
    /// Reads of sources.
    pub(super) checks: Semaphore,
    /// Comparisons and deploys.
    pub(super) work: Semaphore,
}

impl<'p> Common<'p> {
    pub(super) fn new(
        opener: &'p Opener<'p>,
        arguments: &'p Watch,
        output: &'p Output,
        boards: Boards,
        sharing: Option<Sharing>,
        at_once: usize,
    ) -> Self {
        let (checks, work) = (Semaphore::new(CHECKS), Semaphore::new(at_once));
        Self { opener, arguments, output, boards, sharing, checks, work }
    }
}
