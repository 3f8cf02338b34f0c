//! The pump of a pipe. Started by itself, it moves no data and succeeds at once.

use serde::{Deserialize, Serialize};

/// The operations a pump supports.
pub(crate) const OPERATIONS: &[&str] = &[
    "disable",
    "discard-inferred-schema",
    "discard-retries",
    "enable",
    "reset-rescan",
    "reset-tracking",
    "set-last-seen-to-end",
    "set-tracking-to-start",
    "start",
    "start-rescan",
    "stop",
    "update-last-seen",
];

/// The state of a pump.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct PumpState {
    pub(crate) is_disabled: bool,
    pub(crate) last_seen: Option<String>,
    /// The time of the last run, ISO 8601.
    pub(crate) last_run: Option<String>,
}

impl PumpState {
    /// Runs one operation; returns whether it exists. `last_seen` is the parameter of the same name.
    pub(crate) fn operate(&mut self, operation: &str, last_seen: Option<&str>, now: &str) -> bool {
        match operation {
            "disable" => self.is_disabled = true,
            "enable" => self.is_disabled = false,
            "start" | "start-rescan" => self.last_run = Some(now.to_owned()),
            "update-last-seen" => {
                self.last_seen = last_seen.filter(|text| !text.is_empty()).map(str::to_owned)
            }
            "set-last-seen-to-end" => self.last_seen = Some("0".to_owned()),
            other => return OPERATIONS.contains(&other),
        }
        true
    }
}
