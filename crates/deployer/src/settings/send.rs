//! Which reports a notifier is sent.

use deployer_core::model::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::declare::section;

section! {
    /// The keys of a notifier that are the program's and not the plugin's.
    pub(crate) struct NotifySection {
        /// Which runs are reported; failures are always reported.
        send: SendWhen = SendWhen::Changes,
    }
}

/// Which reports a notifier is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SendWhen {
    /// Every report.
    Always,
    /// Those of runs that change something, and of failures.
    Changes,
    /// Those of failures.
    Failures,
}

impl SendWhen {
    /// Whether a run or state is reported. `has_changes` says whether the plan of a run has any. Failures and whatever needs a person
    /// always are.
    pub fn tells(self, outcome: Outcome, has_changes: bool) -> bool {
        match (self, outcome) {
            (_, Outcome::Failed | Outcome::Held | Outcome::Drifted | Outcome::SourceFailed)
            | (Self::Always, _)
            | (Self::Changes, Outcome::Recovered) => true,
            (Self::Failures, _) => false,
            (Self::Changes, _) => has_changes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_always_told() {
        for (outcome, has_changes, expected) in [
            (Outcome::Failed, false, [true, true, true]),
            (Outcome::Failed, true, [true, true, true]),
            (Outcome::Deployed, true, [true, true, false]),
            (Outcome::NothingToDo, false, [true, false, false]),
            (Outcome::Planned, true, [true, true, false]),
            (Outcome::Planned, false, [true, false, false]),
            (Outcome::Held, false, [true, true, true]),
            (Outcome::Drifted, false, [true, true, true]),
            (Outcome::SourceFailed, false, [true, true, true]),
            (Outcome::Recovered, false, [true, true, false]),
        ] {
            let told = [SendWhen::Always, SendWhen::Changes, SendWhen::Failures];
            let told = told.map(|send| send.tells(outcome, has_changes));
            assert_eq!(told, expected, "{outcome:?}, changes: {has_changes}");
        }
    }
}
