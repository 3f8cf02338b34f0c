//! Which reports a notifier is sent.

use std::sync::Arc;

use deployer_core::model::Outcome;
use deployer_core::traits::Notifier;
use schemars::{Schema, json_schema};

/// Which reports a notifier is sent: `send` in its section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendWhen {
    /// Every report.
    Always,
    /// Those of runs that change something, and of failures.
    Changes,
    /// Those of failures.
    Failures,
}

impl SendWhen {
    /// Every word of the settings with what it stands for.
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("always", Self::Always), ("changes", Self::Changes), ("failures", Self::Failures)];

    /// The schema of `send`.
    pub(crate) fn schema() -> Schema {
        json_schema!({
            "description": "Which runs are reported: those that change something, all, or only failures; failures are always reported.",
            "enum": Self::WORDS.map(|(word, _)| word),
            "default": Self::Changes.word(),
        })
    }

    /// The word of the settings.
    pub(super) fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, send)| *send == self).map_or("", |(word, _)| word)
    }

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

/// A notifier, and which reports it is sent.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The notifier.
    pub notifier: Arc<dyn Notifier>,
    /// Which reports it is sent.
    pub send: SendWhen,
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
            let told = SendWhen::WORDS.map(|(_, send)| send.tells(outcome, has_changes));
            assert_eq!(told, expected, "{outcome:?}, changes: {has_changes}");
        }
    }
}
