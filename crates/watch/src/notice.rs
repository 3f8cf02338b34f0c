//! The reports.

use serde::{Deserialize, Serialize};

/// A change that people are notified of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// The source cannot be read.
    SourceFailed {
        /// Why, without secrets.
        reason: String,
    },
    /// The source can be read again.
    SourceRecovered,
    /// A deploy changed the target.
    Deployed {
        /// The target.
        target: String,
        /// The deployed revision.
        revision: String,
    },
    /// A plan needs consent.
    Held {
        /// The target.
        target: String,
        /// The revision of the plan.
        revision: String,
        /// The plan, as `approve` names it.
        plan: String,
    },
    /// A deploy failed, and is tried again.
    Failed {
        /// The target.
        target: String,
        /// The revision that failed.
        revision: String,
        /// Why, without secrets.
        reason: String,
    },
    /// The last try of a revision failed.
    GivenUp {
        /// The target.
        target: String,
        /// The revision that failed.
        revision: String,
    },
    /// The target differs from the revision that was deployed.
    Drifted {
        /// The target.
        target: String,
        /// The deployed revision.
        revision: String,
    },
    /// The target cannot be compared with the deployed revision.
    CompareFailed {
        /// The target.
        target: String,
        /// Why, without secrets.
        reason: String,
    },
    /// The target is in step again, without a change by this program.
    Recovered {
        /// The target.
        target: String,
        /// The revision that the target has.
        revision: String,
    },
}
