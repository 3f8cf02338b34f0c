//! `[safety]`

use std::time::Duration;

use deployer_engine::run::{Order, Safety};
use deployer_engine::stages::{Guard, Removals};
use schemars::JsonSchema;
use serde::Deserialize;

/// How long a run waits for a node to deploy its pipes when the settings do not say.
const WAIT: Duration = Duration::from_secs(600);

/// The section.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SafetySection {
    /// Whether a plan that removes much needs consent.
    #[schemars(extend("default" = true))]
    deletion_guard: Option<bool>,
    /// How many entities of a node may be removed without consent; ten, and a tenth of the node, when it is not given.
    max_deletions: Option<usize>,
    /// Which nodes are written first.
    #[schemars(extend("default" = "extra-first"))]
    order: Option<Order>,
    /// Seconds that a run waits for a node to deploy its pipes; 0 does not wait.
    #[schemars(extend("default" = 600))]
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
