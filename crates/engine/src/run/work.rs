//! One node's steps: executed in order, put back after a failure, planned again after a lost race.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::time::Instant;

use super::call::{Runner, timed_out};
use super::deployment::{DeployNode, Deployment};
use super::progress::Event;
use super::settle::settle;
use super::step;
use crate::saved::stale;
use crate::stages::{beyond_consent, diff};
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{Aftermath, Desired, NodePlan, NodeReceipt, Settled, StepOutcome, StepReceipt};
use deployer_core::traits::{NodeTarget, Secrets, Step};

/// How often a node is planned again because somebody else changed it first.
const CONFLICTS: u32 = 3;

/// What is to be done with a node.
#[derive(Clone, Copy)]
pub(super) struct Assignment<'a> {
    pub(super) node: &'a DeployNode,
    /// The plan that was agreed to.
    pub(super) plan: &'a NodePlan,
    /// What the configuration asks for.
    pub(super) asked: &'a Desired,
    pub(super) secrets: &'a Secrets,
}

/// A node that is about to be written.
pub(super) struct Work<'a> {
    deployment: &'a Deployment,
    assignment: Assignment<'a>,
    /// The plan that the steps carry out: the one that was agreed to, or a newer one after a lost race.
    plan: Cow<'a, NodePlan>,
    target: Arc<dyn NodeTarget>,
    steps: Vec<Box<dyn Step>>,
    /// The plan is carried out as it is or not at all. Otherwise the node is planned again when it has moved.
    exact: bool,
    conflicts: u32,
}

/// A step and what became of it.
type Taken = (Box<dyn Step>, StepReceipt);

impl<'a> Work<'a> {
    /// Makes the steps that carry out a plan; an `exact` one is never planned again. Writes nothing.
    pub(super) async fn prepare(
        deployment: &'a Deployment,
        assignment: Assignment<'a>,
        target: Arc<dyn NodeTarget>,
        exact: bool,
        runner: &Runner,
    ) -> Result<Self> {
        let Assignment { plan, secrets, .. } = assignment;
        let mut work = Self {
            deployment,
            assignment,
            plan: Cow::Borrowed(plan),
            target,
            steps: Vec::new(),
            exact,
            conflicts: 0,
        };
        match runner.read("prepare", || work.target.prepare(plan, secrets)).await {
            Ok(steps) => work.steps = steps,
            Err(error) if work.may_plan_again(&error, runner) => {
                work.plan_again(runner).await.map_err(|error| work.named(error))?;
            }
            Err(error) => return Err(work.named(error)),
        }
        Ok(work)
    }

    /// The number of the step of the run in which the node is written.
    pub(super) fn step(&self) -> usize {
        let can_refuse = self.target.capabilities().can_refuse;
        self.deployment.safety.order.step(can_refuse, self.plan.node.is_master())
    }

    /// The receipt of a node that was not begun.
    pub(super) fn not_done(&self) -> NodeReceipt {
        self.receipt(self.steps.iter().map(|step| not_done(&**step)).collect(), None)
    }

    /// Executes the steps, and waits until the node has deployed them.
    pub(super) async fn write(&mut self, runner: &Runner) -> (NodeReceipt, Option<Error>) {
        let mut taken = Vec::new();
        let failure = loop {
            match self.execute(&mut taken, runner).await {
                Some(error) if self.may_plan_again(&error, runner) => {
                    if let Err(error) = self.plan_again(runner).await {
                        break Some(error);
                    }
                    // The new steps stand for those that were not done; what was done stays on the receipt.
                    taken.retain(|(_, receipt)| matches!(receipt.outcome, StepOutcome::Done(_)));
                }
                ended => break ended,
            }
        };
        // What a write of unknown outcome may need is left in place, and an interruption leaves no time.
        let unknown = taken.iter().any(|(_, receipt)| matches!(receipt.outcome, StepOutcome::Unknown(_)));
        let put_back = !unknown && failure.as_ref().is_some_and(|error| error.kind() != Kind::Interrupted);
        if put_back {
            put_back_all(&mut taken, runner).await;
        }
        let aftermath = if failure.is_none() { self.aftermath(runner).await } else { None };
        let broken_off = matches!(&aftermath, Some(Aftermath { state: Settled::Interrupted, .. }));
        let failure = failure.or_else(|| broken_off.then(Runner::interrupted));
        let receipt = self.receipt(taken.into_iter().map(|(_, receipt)| receipt).collect(), aftermath);
        (receipt, failure.map(|error| self.named(error)))
    }

    /// What the node makes of a new configuration or new variables, where the run waits for that.
    async fn aftermath(&self, runner: &Runner) -> Option<Aftermath> {
        let limit = self.deployment.safety.wait;
        let changed = !self.plan.entities.is_empty() || !self.plan.variables.is_empty();
        if limit.is_zero() || !changed || !self.target.capabilities().settles {
            return None;
        }
        Some(settle(&*self.target, &self.plan, limit, runner).await)
    }

    /// Executes the steps in order up to the first failure, which it returns. Every step gets its line on the receipt.
    async fn execute(&mut self, taken: &mut Vec<Taken>, runner: &Runner) -> Option<Error> {
        let mut failure = self.unmoved(taken, runner).await.err();
        for step in std::mem::take(&mut self.steps) {
            if failure.is_some() || runner.is_interrupted() {
                failure.get_or_insert_with(Runner::interrupted);
                let receipt = not_done(&*step);
                taken.push((step, receipt));
                continue;
            }
            runner.progress.event(Event::Writing { node: self.plan.node.as_str(), step: &step.name() });
            let (receipt, error) = step::execute(&*step, runner).await;
            runner.progress.event(Event::Wrote { node: self.plan.node.as_str(), step: &receipt.name });
            taken.push((step, receipt));
            failure = error;
        }
        failure
    }

    /// Fails when the target is no longer what the steps were made for. A write that is conditional finds out by itself.
    async fn unmoved(&self, taken: &[Taken], runner: &Runner) -> Result<()> {
        if self.target.capabilities().conditional_write || self.steps.is_empty() || !taken.is_empty() {
            return Ok(());
        }
        if runner.read("compare with the plan", || self.target.base()).await? == self.plan.base {
            return Ok(());
        }
        let message = format!("{} was changed after the plan was made", self.target.location());
        Err(Error::new(Kind::Conflict, message).with_hint("plan again"))
    }

    /// A warning when the target, all of whose steps were done, does not hold what was written: somebody else may be writing too.
    pub(super) async fn look_again(&self, receipt: &NodeReceipt, runner: &Runner) -> Option<Note> {
        let is_done = |step: &StepReceipt| matches!(step.outcome, StepOutcome::Done(_));
        let is_written = !receipt.steps.is_empty() && receipt.steps.iter().all(is_done);
        if !is_written || self.target.capabilities().conditional_write {
            return None;
        }
        let node = &self.plan.node;
        let message = match runner.read("read what was written", || self.target.observe()).await {
            Err(error) if error.kind() == Kind::Interrupted => return None,
            Err(error) => format!("node {node}: what it holds now could not be read: {error}"),
            Ok(observed) => {
                let plan = &*self.plan;
                let (revision, desired) = (plan.revision.as_ref(), plan.desired.clone());
                let now = diff(&plan.node, &plan.environment, revision, &plan.target, desired, &observed);
                let differences = now.differences();
                if differences.is_empty() {
                    return None;
                }
                format!(
                    "node {node}: right after it was written, it does not hold what was written: {}; somebody else may be \
                     writing to it: run `plan` to see what it holds",
                    differences.join(", ")
                )
            }
        };
        Some(Note::warning(message))
    }

    fn may_plan_again(&self, error: &Error, runner: &Runner) -> bool {
        !self.exact
            && error.kind() == Kind::Conflict
            && self.conflicts < CONFLICTS
            && !runner.is_interrupted()
    }

    /// After a lost race: the steps that lead from what the target holds now to the same desired state.
    async fn plan_again(&mut self, runner: &Runner) -> Result<()> {
        loop {
            self.conflicts += 1;
            match self.steps_from_now(runner).await {
                Ok((plan, steps)) => {
                    (self.plan, self.steps) = (Cow::Owned(plan), steps);
                    return Ok(());
                }
                Err(error) if self.may_plan_again(&error, runner) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn steps_from_now(&self, runner: &Runner) -> Result<(NodePlan, Vec<Box<dyn Step>>)> {
        let mut observed = runner.read("read what runs", || self.target.observe()).await?;
        let Assignment { node, plan: agreed, asked, secrets } = self.assignment;
        let (deployment, revision) = (self.deployment, agreed.revision.as_ref());
        let mut anew =
            deployment.plan_node(node, &*self.target, asked.clone(), &mut observed, revision, runner).await?;
        deployment.recall_secrets(&mut anew, secrets);
        if let Some(refusal) = beyond_consent(agreed, &anew, deployment.safety.guard) {
            return Err(refusal);
        }
        let steps = runner.read("prepare", || self.target.prepare(&anew, secrets)).await?;
        Ok((anew, steps))
    }

    fn receipt(&self, steps: Vec<StepReceipt>, aftermath: Option<Aftermath>) -> NodeReceipt {
        NodeReceipt { node: self.plan.node.clone(), target: self.target.location(), steps, aftermath }
    }

    fn named(&self, error: Error) -> Error {
        if self.exact && error.kind() == Kind::Conflict {
            return stale(&self.plan.node).with_related(error);
        }
        error.context(format_args!("node {}", self.plan.node))
    }
}

fn not_done(step: &dyn Step) -> StepReceipt {
    StepReceipt { name: step.name(), outcome: StepOutcome::NotDone, notes: Vec::new() }
}

/// Undoes what was done, last first. After an interruption all of it together may take the grace.
async fn put_back_all(taken: &mut [Taken], runner: &Runner) {
    let mut deadline = None;
    for (step, receipt) in taken.iter_mut().rev() {
        if step.reversible() && matches!(receipt.outcome, StepOutcome::Done(_)) {
            receipt.outcome = match put_back(&**step, &mut deadline, runner).await {
                Ok(what) => StepOutcome::PutBack(what),
                Err(error) => StepOutcome::NotPutBack(error),
            };
        }
    }
}

async fn put_back(step: &dyn Step, deadline: &mut Option<Instant>, runner: &Runner) -> Result<String> {
    match runner.read("put back", || step.undo()).await {
        Err(error) if error.kind() == Kind::Interrupted => {
            let limit = runner.policy.grace;
            let until = *deadline.get_or_insert_with(|| Instant::now() + limit);
            let undone = tokio::time::timeout_at(until, step.undo()).await;
            undone.unwrap_or_else(|_| Err(timed_out("put back", limit)))
        }
        undone => undone,
    }
}
