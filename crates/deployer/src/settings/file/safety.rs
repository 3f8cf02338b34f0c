//! `[safety]`

use std::time::Duration;

use deployer_core::run::{Order, Safety};
use deployer_core::stages::{Guard, Removals};
use serde::Deserialize;

/// How long a run waits for a node to deploy its pipes when the settings do not say.
const WAIT: Duration = Duration::from_secs(600);

/// The section.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SafetySection {
    deletion_guard: Option<bool>,
    max_deletions: Option<usize>,
    order: Option<Order>,
    wait_seconds: Option<u64>,
}

impl SafetySection {
    /// The section with its defaults.
    pub(super) fn safety(self) -> Safety {
        let guard = match (self.deletion_guard.unwrap_or(true), self.max_deletions) {
            (false, _) => Guard::OFF,
            (true, None) => Guard::FULL,
            (true, Some(most)) => Guard { removals: Removals::AtMost(most), ..Guard::FULL },
        };
        let wait = self.wait_seconds.map_or(WAIT, Duration::from_secs);
        Safety { guard, order: self.order.unwrap_or_default(), wait }
    }
}
