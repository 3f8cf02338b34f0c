//! The messages about a target that another run has.

use std::time::Duration;

use deployer_core::model::NodeName;
use deployer_core::{Error, Kind};
use deployer_state::Record;
use jiff::Timestamp;

/// A target that another run has.
#[derive(Debug, Clone)]
pub(crate) struct Busy {
    pub(crate) node: NodeName,
    pub(crate) target: String,
    pub(crate) record: Record,
    /// How long the record must stay unchanged until a takeover.
    pub(crate) takeover_in: Duration,
}

impl Busy {
    /// The refusal of a run that does not wait. `now` is in seconds since 1970.
    pub(crate) fn refusal(&self, now: u64) -> Error {
        let error = Error::new(Kind::Refused, self.what(now));
        if !self.is_stale(now) {
            return error.with_hint("wait until it has ended, or let this run wait: --wait 10m");
        }
        let minutes = self.takeover_in.as_secs().div_ceil(60);
        error.with_hint(format!("let this run wait and take over: --wait {minutes}m")).with_hint(format!(
            "if that run has ended, take the lease away from it: {}",
            self.break_command()
        ))
    }

    /// What a run that waits reports.
    pub(crate) fn wait(&self, now: u64) -> String {
        if !self.is_stale(now) {
            return format!("{}; waiting", self.what(now));
        }
        format!(
            "{}; this run takes over in {}. `{}` does it now",
            self.what(now),
            span(self.takeover_in),
            self.break_command()
        )
    }

    /// Whether the record is older than a holder leaves it. The clock of another machine decides about the message alone.
    fn is_stale(&self, now: u64) -> bool {
        now.saturating_sub(self.record.renewed) > self.record.ttl
    }

    fn what(&self, now: u64) -> String {
        let Self { node, target, record, .. } = self;
        let holder = record.holder.as_ref();
        let name = holder.map_or("another run", |holder| &holder.name);
        let verb = match holder.map(|holder| holder.purpose.as_str()) {
            Some("test" | "run") => "testing on",
            _ => "deploying to",
        };
        let (since, silent) =
            (clock(record.acquired), span(Duration::from_secs(now.saturating_sub(record.renewed))));
        if self.is_stale(now) {
            format!(
                "node {node}: {name} has been {verb} {target} since {since}, has not renewed for {silent} and may have ended"
            )
        } else {
            format!("node {node}: {name} has been {verb} {target} since {since}, renewed {silent} ago")
        }
    }

    fn break_command(&self) -> String {
        format!("sesam-deployer lock break {} --epoch {}", self.node, self.record.epoch)
    }
}

/// A time, as `12:04 UTC`.
fn clock(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| "an unknown time".to_owned(), |time| time.strftime("%H:%M UTC").to_string())
}

/// A duration in its two largest units, as `4 min 10 s`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let two = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => two(minutes, "min", seconds % 60, "s"),
        3600..86400 => two(hours, "h", minutes % 60, "min"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(renewed: u64) -> Busy {
        let record = serde_json::json!({
            "format": 1, "target": "https://node", "epoch": 17, "sequence": 40, "ttl": 60,
            "holder": {
                "id": "7", "name": "kari@build-7 (https://ci.example/7)", "purpose": "deploy", "process": 9, "version": "1",
            },
            "acquired": 43440, "renewed": renewed,
        });
        Busy {
            node: "master".into(),
            target: "https://node".to_owned(),
            record: serde_json::from_value(record).unwrap(),
            takeover_in: Duration::from_secs(20),
        }
    }

    #[test]
    fn the_messages_name_the_run_its_age_and_what_to_type_next() {
        let held = busy(43990).refusal(43999);
        assert_eq!(
            (held.kind(), held.message()),
            (
                Kind::Refused,
                "node master: kari@build-7 (https://ci.example/7) has been deploying to https://node since 12:04 UTC, renewed 9 s ago"
            )
        );
        assert_eq!(held.hints(), ["wait until it has ended, or let this run wait: --wait 10m"]);
        let stale = busy(43990);
        assert_eq!(
            stale.wait(44240),
            "node master: kari@build-7 (https://ci.example/7) has been deploying to https://node since 12:04 UTC, has not renewed for \
             4 min 10 s and may have ended; this run takes over in 20 s. `sesam-deployer lock break master --epoch 17` does it now"
        );
        let hints = stale.refusal(44240).hints().join("\n");
        assert!(hints.contains("--wait 1m") && hints.contains("lock break master --epoch 17"), "{hints}");
        assert!(busy(99_999).refusal(43_999).message().ends_with("renewed 0 s ago"), "clocks differ");
    }

    #[test]
    fn a_span_has_two_units() {
        let spans = [0, 59, 60, 250, 3600, 7500, 90_000].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(spans, ["0 s", "59 s", "1 min", "4 min 10 s", "1 h", "2 h 5 min", "1 d 1 h"]);
    }
}
