//! Intervals, number of tries, backoff.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest time between two tries, unless the interval is longer.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// What is done about drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDrift {
    /// The configuration is deployed again.
    Correct,
    /// The drift is shown and reported.
    Report,
    /// Nodes are not compared.
    Ignore,
}

/// The settings of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The time between two checks of the source, before jitter.
    pub interval: Duration,
    /// What happens to drift.
    pub drift: OnDrift,
    /// The time between two comparisons of a target.
    pub drift_interval: Duration,
    /// How often a revision is tried on a target. Zero counts as one.
    pub tries: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            drift: OnDrift::Report,
            drift_interval: Duration::from_secs(600),
            tries: 5,
        }
    }
}

impl Rules {
    /// The time to wait after a number of failures in a row: the interval, doubled for each failure after the first.
    #[must_use]
    pub fn backoff(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.interval.saturating_mul(factor).min(LONGEST.max(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_an_hour() {
        let rules = Rules::default();
        let seconds: Vec<u64> = (1..=8).map(|failures| rules.backoff(failures).as_secs()).collect();
        assert_eq!(seconds, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(rules.backoff(u32::MAX), LONGEST);
    }

    #[test]
    fn an_interval_above_an_hour_is_not_shortened() {
        let rules = Rules { interval: Duration::from_secs(7200), ..Rules::default() };
        assert_eq!(rules.backoff(3), Duration::from_secs(7200));
    }
}
