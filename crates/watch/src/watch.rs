//! The schedule of the source, and all targets.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::notice::Notice;
use crate::rules::Rules;
use crate::target::{Compared, Ended, Reported, State, Target, Work};

/// Something that the caller carries out. Actions can overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Read the revision of the source, then call [`Watch::checked`].
    CheckRevision,
    /// Compare a target with a revision, then call [`Watch::compared`].
    Compare {
        /// The target.
        target: String,
        /// The revision.
        revision: String,
    },
    /// Deploy a revision to a target, then call [`Watch::deployed`].
    Deploy {
        /// The target.
        target: String,
        /// The revision.
        revision: String,
        /// The plan that somebody approved. The consent covers no other plan.
        approved: Option<String>,
    },
}

/// The reports of a watch, for a process that goes on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Whether people were told that the source cannot be read, and not that it can be read again.
    pub source_failed: bool,
    /// The reports about each target.
    pub targets: BTreeMap<String, Reported>,
}

/// The state of a watch. Times are measured from any fixed start by a clock that never goes back.
#[derive(Debug)]
pub struct Watch {
    rules: Rules,
    random: fastrand::Rng,
    targets: Vec<Target>,
    check_at: Duration,
    is_checking: bool,
    /// A trigger arrived while the source was checked.
    is_triggered: bool,
    /// Failed checks in a row.
    failures: u32,
}

impl Watch {
    /// A watch of these targets. Its first check is due at once. The seed chooses the jitter.
    pub fn new<N: Into<String>>(rules: Rules, targets: impl IntoIterator<Item = N>, seed: u64) -> Self {
        Self {
            rules,
            random: fastrand::Rng::with_seed(seed),
            targets: targets.into_iter().map(|name| Target::new(name.into())).collect(),
            check_at: Duration::ZERO,
            is_checking: false,
            is_triggered: false,
            failures: 0,
        }
    }

    /// Goes on after another process: repeats none of its reports, and does not deploy again what a target has.
    #[must_use]
    pub fn resume(mut self, told: &Told) -> Self {
        self.failures = u32::from(told.source_failed);
        for target in &mut self.targets {
            target.resume(told.targets.get(target.name()).cloned().unwrap_or_default());
        }
        self
    }

    /// The reports, for a process that goes on.
    #[must_use]
    pub fn told(&self) -> Told {
        let targets = self.targets.iter().map(|target| (target.name().to_owned(), target.reported()));
        Told { source_failed: self.failures > 0, targets: targets.collect() }
    }

    /// The state of each target, in the order of [`Watch::new`].
    pub fn states(&self) -> impl Iterator<Item = (&str, &State)> {
        self.targets.iter().map(|target| (target.name(), target.state()))
    }

    /// Starts all actions that are due.
    pub fn due(&mut self, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        if !self.is_checking && self.check_at <= now {
            self.is_checking = true;
            actions.push(Action::CheckRevision);
        }
        for target in &mut self.targets {
            let Some(work) = target.start(now, &self.rules) else { continue };
            let target = target.name().to_owned();
            actions.push(match work {
                Work::Compare { revision } => Action::Compare { target, revision },
                Work::Deploy { revision, approved } => Action::Deploy { target, revision, approved },
            });
        }
        actions
    }

    /// When [`Watch::due`] has the next action; `None` until a running action ends or somebody acts.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        let check = (!self.is_checking).then_some(self.check_at);
        self.targets.iter().filter_map(|target| target.next(&self.rules)).chain(check).min()
    }

    /// Makes the next check happen now, and gives revisions that were given up another row of tries.
    pub fn trigger(&mut self, now: Duration) {
        self.is_triggered = self.is_checking;
        self.check_at = self.check_at.min(now);
        self.targets.iter_mut().for_each(Target::trigger);
    }

    /// Approves a held plan of a target. Returns whether the target holds this plan.
    pub fn approve(&mut self, target: &str, plan: &str) -> bool {
        self.target(target).is_some_and(|target| target.approve(plan))
    }

    /// The end of a check: the revision, or why the source cannot be read.
    pub fn checked(&mut self, now: Duration, revision: Result<&str, &str>) -> Option<Notice> {
        self.is_checking = false;
        let had_failed = self.failures > 0;
        let notice = match revision {
            Ok(revision) => {
                self.failures = 0;
                self.targets.iter_mut().for_each(|target| target.want(revision));
                had_failed.then_some(Notice::SourceRecovered)
            }
            Err(reason) => {
                self.failures = self.failures.saturating_add(1);
                (!had_failed).then(|| Notice::SourceFailed { reason: reason.to_owned() })
            }
        };
        let pause = self.rules.backoff(self.failures);
        let pause = pause.saturating_add((pause / 10).mul_f64(self.random.f64()));
        self.check_at = if self.is_triggered { now } else { now.saturating_add(pause) };
        self.is_triggered = false;
        notice
    }

    /// The end of a deploy.
    pub fn deployed(&mut self, now: Duration, target: &str, ended: Ended) -> Option<Notice> {
        let rules = self.rules.clone();
        self.target(target)?.deployed(now, &rules, ended)
    }

    /// The end of a comparison.
    pub fn compared(&mut self, now: Duration, target: &str, compared: Compared) -> Option<Notice> {
        let rules = self.rules.clone();
        self.target(target)?.compared(now, &rules, compared)
    }

    fn target(&mut self, name: &str) -> Option<&mut Target> {
        self.targets.iter_mut().find(|target| target.name() == name)
    }
}
