//! One node: its state and the rules that change it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::notice::Notice;
use crate::rules::{OnDrift, Rules};

/// The state of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No revision is known, or a deploy is due.
    Waiting,
    /// A deploy is running.
    Deploying,
    /// A comparison is running.
    Comparing,
    /// The target has the deployed revision.
    InStep,
    /// The target differs from the deployed revision, and the difference stays.
    Drifted,
    /// A plan needs consent.
    Held {
        /// The plan, as [`Watch::approve`](crate::Watch::approve) names it.
        plan: String,
    },
    /// The last try failed.
    Failed {
        /// The number of tries of this revision.
        tries: u32,
        /// When the next try is due; `None` after the last one.
        again: Option<Duration>,
    },
}

/// The end of a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The target changed.
    Deployed,
    /// The target already had the revision.
    Unchanged,
    /// The plan needs consent; nothing was written.
    Held {
        /// A name for exactly this plan.
        plan: String,
    },
    /// The deploy failed.
    Failed {
        /// Why, without secrets.
        reason: String,
    },
}

/// The end of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// The target has the deployed revision.
    Same,
    /// The target differs from the deployed revision.
    Differs,
    /// The source has another revision, which the next check finds.
    Outdated,
    /// The target cannot be compared.
    Failed {
        /// Why, without secrets.
        reason: String,
    },
}

/// The reports about a target, for a process that goes on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The deployed revision, if the target is in step or drifted.
    pub settled: Option<String>,
    /// The last report of a failed, held or drifted state that has not ended.
    pub notice: Option<Notice>,
}

/// The work that is due on a target.
pub(crate) enum Work {
    Compare { revision: String },
    Deploy { revision: String, approved: Option<String> },
}

#[derive(Debug)]
pub(crate) struct Target {
    name: String,
    state: State,
    /// The newest revision of the source.
    wanted: Option<String>,
    /// The revision of the present state.
    revision: Option<String>,
    approved: Option<String>,
    /// Failures of `revision` in a row.
    failures: u32,
    compare_at: Duration,
    /// The state before a comparison.
    compared_from: State,
    /// A trigger arrived while a deploy was running.
    is_triggered: bool,
    /// The last comparison failed.
    is_unknown: bool,
    /// The last report of a failed, held or drifted state. It is repeated only after the state ended.
    reported: Option<Notice>,
    /// The revision that another process deployed.
    settled: Option<String>,
}

impl Target {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            state: State::Waiting,
            wanted: None,
            revision: None,
            approved: None,
            failures: 0,
            compare_at: Duration::ZERO,
            compared_from: State::Waiting,
            is_triggered: false,
            is_unknown: false,
            reported: None,
            settled: None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The state for others: a target stays held while it is compared.
    pub(crate) fn state(&self) -> &State {
        match (&self.state, &self.compared_from) {
            (State::Comparing, held @ State::Held { .. }) => held,
            (state, _) => state,
        }
    }

    /// The reports for a process that goes on with the target.
    pub(crate) fn reported(&self) -> Reported {
        let state = if self.state == State::Comparing { &self.compared_from } else { &self.state };
        let is_settled = matches!(state, State::InStep | State::Drifted);
        let settled = self.revision.clone().filter(|_| is_settled).or_else(|| self.settled.clone());
        Reported { settled, notice: self.reported.clone() }
    }

    /// Goes on after another process: repeats no report, and compares a target that has the wanted revision before it deploys.
    pub(crate) fn resume(&mut self, reported: Reported) {
        self.reported = reported.notice;
        self.settled = reported.settled;
    }

    /// Makes a deploy of a new revision due, whatever the state is. If an action is running, the deploy is due when it ends.
    pub(crate) fn want(&mut self, revision: &str) {
        if self.wanted.as_deref() == Some(revision) {
            return;
        }
        self.wanted = Some(revision.to_owned());
        if self.settled.take().is_some_and(|settled| settled == revision) {
            self.revision = self.wanted.clone();
            let is_drifted = matches!(self.reported, Some(Notice::Drifted { .. }));
            self.state = if is_drifted { State::Drifted } else { State::InStep };
            return;
        }
        if !self.is_busy() {
            self.restart();
        }
    }

    /// A trigger gives a revision that was given up another row of tries, also if its last try is running.
    pub(crate) fn trigger(&mut self) {
        self.is_triggered = self.state == State::Deploying;
        if matches!(self.state, State::Failed { again: None, .. }) {
            self.restart();
        }
    }

    /// Releases a held plan. Returns whether the target holds this plan.
    pub(crate) fn approve(&mut self, plan: &str) -> bool {
        let is_held = matches!(self.state(), State::Held { plan: held } if held == plan);
        if is_held {
            self.approved = Some(plan.to_owned());
            // A comparison ends first.
            if !self.is_busy() {
                self.state = State::Waiting;
            }
        }
        is_held
    }

    /// When the next work is due; `None` while an action runs, or if the target waits for somebody.
    pub(crate) fn next(&self, rules: &Rules) -> Option<Duration> {
        match &self.state {
            State::Waiting => self.wanted.as_ref().map(|_| Duration::ZERO),
            State::Failed { again, .. } => *again,
            State::InStep | State::Drifted | State::Held { .. } if rules.drift != OnDrift::Ignore => {
                Some(self.compare_at)
            }
            State::InStep | State::Drifted | State::Deploying | State::Comparing | State::Held { .. } => None,
        }
    }

    /// Starts the work that is due.
    pub(crate) fn start(&mut self, now: Duration, rules: &Rules) -> Option<Work> {
        if self.next(rules).is_none_or(|at| at > now) {
            return None;
        }
        let revision = self.wanted.clone()?;
        if matches!(self.state, State::InStep | State::Drifted | State::Held { .. }) {
            self.compared_from = std::mem::replace(&mut self.state, State::Comparing);
            return Some(Work::Compare { revision });
        }
        self.state = State::Deploying;
        self.is_triggered = false;
        self.revision = Some(revision.clone());
        Some(Work::Deploy { revision, approved: self.approved.take() })
    }

    /// The end of a deploy.
    pub(crate) fn deployed(&mut self, now: Duration, rules: &Rules, ended: Ended) -> Option<Notice> {
        if self.state != State::Deploying {
            return None;
        }
        let (target, revision) = (self.name.clone(), self.revision.clone().unwrap_or_default());
        let notice = match ended {
            Ended::Deployed => {
                self.settle(now, rules);
                Some(Notice::Deployed { target, revision })
            }
            Ended::Unchanged => {
                let was_reported = self.reported.is_some();
                self.settle(now, rules);
                was_reported.then_some(Notice::Recovered { target, revision })
            }
            // The newer revision replaces the plan before anybody can approve it.
            Ended::Held { .. } if self.wanted != self.revision => None,
            Ended::Held { plan } => {
                self.failures = 0;
                self.state = State::Held { plan: plan.clone() };
                self.compare_at = now.saturating_add(rules.drift_interval);
                self.report(Notice::Held { target, revision, plan })
            }
            Ended::Failed { reason } => self.fail(now, rules, target, revision, reason),
        };
        if self.wanted != self.revision {
            self.restart();
        }
        notice
    }

    /// The end of a comparison. A target that cannot be compared keeps its state.
    pub(crate) fn compared(&mut self, now: Duration, rules: &Rules, compared: Compared) -> Option<Notice> {
        if self.state != State::Comparing {
            return None;
        }
        self.compare_at = now.saturating_add(rules.drift_interval);
        self.state = self.compared_from.clone();
        let is_held = matches!(self.state, State::Held { .. });
        let (target, revision) = (self.name.clone(), self.revision.clone().unwrap_or_default());
        let was_unknown = self.is_unknown;
        self.is_unknown =
            matches!(compared, Compared::Failed { .. }) || (was_unknown && compared == Compared::Outdated);
        let notice = match compared {
            Compared::Outdated => None,
            Compared::Failed { reason } => (!was_unknown).then_some(Notice::CompareFailed { target, reason }),
            Compared::Same => {
                self.state = State::InStep;
                // A person or another process has carried out the held plan.
                self.approved = None;
                self.reported.take().map(|_| Notice::Recovered { target, revision })
            }
            Compared::Differs if is_held => None,
            Compared::Differs => {
                self.state = if rules.drift == OnDrift::Correct { State::Waiting } else { State::Drifted };
                self.report(Notice::Drifted { target, revision })
            }
        };
        if self.wanted != self.revision {
            self.restart();
        } else if self.approved.is_some() {
            self.state = State::Waiting;
        }
        notice
    }

    fn is_busy(&self) -> bool {
        matches!(self.state, State::Deploying | State::Comparing)
    }

    /// Makes a deploy of the wanted revision due.
    fn restart(&mut self) {
        self.state = State::Waiting;
        self.approved = None;
        self.failures = 0;
    }

    fn settle(&mut self, now: Duration, rules: &Rules) {
        self.state = State::InStep;
        self.failures = 0;
        self.reported = None;
        self.compare_at = now.saturating_add(rules.drift_interval);
    }

    fn fail(
        &mut self,
        now: Duration,
        rules: &Rules,
        target: String,
        revision: String,
        reason: String,
    ) -> Option<Notice> {
        self.failures = self.failures.saturating_add(1);
        let is_last = self.failures >= rules.tries.max(1);
        let again = (!is_last).then(|| now.saturating_add(rules.backoff(self.failures)));
        self.state = State::Failed { tries: self.failures, again };
        if is_last && std::mem::take(&mut self.is_triggered) {
            self.restart();
        } else if is_last {
            return self.report(Notice::GivenUp { target, revision });
        }
        // The reason can differ from try to try. The state is the same.
        match &self.reported {
            Some(Notice::Failed { revision: reported, .. } | Notice::GivenUp { revision: reported, .. })
                if *reported == revision =>
            {
                None
            }
            _ => self.report(Notice::Failed { target, revision, reason }),
        }
    }

    fn report(&mut self, notice: Notice) -> Option<Notice> {
        if self.reported.as_ref() == Some(&notice) {
            return None;
        }
        self.reported = Some(notice.clone());
        Some(notice)
    }
}
