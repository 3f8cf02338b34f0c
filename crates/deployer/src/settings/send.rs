//! Which reports a notifier is sent.

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
    /// Reports of runs that change something, and of failures.
    Changes,
    /// Reports of failures.
    Failures,
}
