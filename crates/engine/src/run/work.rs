//! One node's steps: executed in order, undone after a failure, planned again after a lost race.

use std::borrow::Cow;
use std::sync::Arc;

use futures::future::join;

use super::call::Runner;
use super::compare::snapshot;
use super::deployment::{DeployNode, Deployment};
use super::progress::Writing;
use super::replan::{Approval, Replanned};
use super::settle::settle;
use super::step::{self, Taken};
use super::undo::undo_all;
use crate::saved::{Purpose, Saved, stale};
use crate::stages::diff;
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{Aftermath, Desired, NodePlan, NodeReceipt, Settled, StepOutcome, StepReceipt};
use deployer_core::traits::{Landed, NodeTarget, Secrets, Step};

/// How often a node is planned again because somebody else changed it first.
const CONFLICTS: u32 = 3;

/// The node to write, and why.
#[derive(Clone, Copy)]
pub(super) struct Assignment<'a> {
    pub(super) node: &'a DeployNode,
    /// The plan that was approved before the run began to write.
    pub(super) plan: &'a NodePlan,
    /// What the configuration asks for.
    pub(super) asked: &'a Desired,
    pub(super) secrets: &'a Secrets,
    /// The plan is carried out as it is or not at all. Otherwise the node is planned again when somebody else has changed it.
    pub(super) exact: bool,
    /// Decides about plans that are made again.
    pub(super) approval: &'a dyn Approval,
}

/// A node that is about to be written.
pub(super) struct Work<'a> {
    deployment: &'a Deployment,
    assignment: Assignment<'a>,
    /// The plan that the steps carry out: the approved one, or the last of `replanned`.
    plan: Cow<'a, NodePlan>,
    /// The plans that were made again after lost races, in order.
    replanned: Vec<NodePlan>,
    target: Arc<dyn NodeTarget>,
    steps: Vec<Box<dyn Step>>,
    conflicts: u32,
    /// The result of looking at what was written, if the run has looked already.
    looked: Option<Result<Option<Note>>>,
}

impl<'a> Work<'a> {
    /// Makes the steps that carry out a plan. Writes nothing.
    pub(super) async fn prepare(
        deployment: &'a Deployment,
        assignment: Assignment<'a>,
        target: Arc<dyn NodeTarget>,
        runner: &Runner,
    ) -> Result<Self> {
        let Assignment { plan, secrets, .. } = assignment;
        let mut work = Self {
            deployment,
            assignment,
            plan: Cow::Borrowed(plan),
            replanned: Vec::new(),
            target,
            steps: Vec::new(),
            conflicts: 0,
            looked: None,
        };
        let attempted = work.attempt("prepare");
        match runner.read(&attempted, || work.target.prepare(plan, secrets)).await {
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
        self.receipt(self.steps.iter().map(|step| step::not_done(&**step)).collect(), None)
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
                    // The new steps replace the steps that were not done. The receipt keeps what was done, or may have been.
                    taken.retain(|taken| taken.is_done() || taken.is_unknown());
                }
                ended => break ended,
            }
        };
        if failure.is_none() {
            // Whatever became of an earlier write, the last plan replaced it.
            taken.retain(Taken::is_done);
        }
        // A write of unknown outcome may need what was written before it, and an interruption leaves no time.
        let unknown = taken.iter().any(Taken::is_unknown);
        let undo = !unknown && failure.as_ref().is_some_and(|error| error.kind() != Kind::Interrupted);
        if undo {
            undo_all(&mut taken, runner).await;
        }
        let aftermath = if failure.is_none() { self.aftermath(&taken, runner).await } else { None };
        let broken_off = matches!(&aftermath, Some(Aftermath { state: Settled::Interrupted, .. }));
        let failure = failure.or_else(|| broken_off.then(Runner::interrupted));
        let receipt = self.receipt(taken.into_iter().map(|taken| taken.receipt).collect(), aftermath);
        (receipt, failure.map(|error| self.named(error)))
    }

    /// What the node makes of a new configuration or new variables, where the run waits for that. Meanwhile the run looks at what was
    /// written: a node has it before its pipes are deployed.
    async fn aftermath(&mut self, taken: &[Taken], runner: &Runner) -> Option<Aftermath> {
        let limit = self.deployment.safety.wait;
        let changed = !self.plan.entities.is_empty() || !self.plan.variables.is_empty();
        if limit.is_zero() || !changed || !self.target.capabilities().settles {
            return None;
        }
        let settling = settle(&*self.target, &self.plan, limit, runner);
        let (mut aftermath, looked) =
            join(settling, self.look(taken.iter().map(|it| &it.receipt), runner)).await;
        self.looked = Some(looked);
        if self.deployment.test_switches {
            // No pipe runs by itself before the test runs them all.
            aftermath.failed.clear();
        }
        Some(aftermath)
    }

    /// Executes the steps in order up to the first failure, which it returns. Every step gets its line on the receipt.
    async fn execute(&mut self, taken: &mut Vec<Taken>, runner: &Runner) -> Option<Error> {
        let mut failure = None;
        for (number, step) in std::mem::take(&mut self.steps).into_iter().enumerate() {
            if failure.is_none() {
                failure = self.unchanged(number, &*step, runner).await.err();
            }
            if failure.is_some() || runner.is_interrupted() {
                failure.get_or_insert_with(Runner::interrupted);
                taken.push(Taken::not_done(step));
                continue;
            }
            let name = step.name();
            let writing = Writing::begin(&*runner.progress, self.plan.node.as_str(), &name);
            let execution = step::execute(&*step, runner);
            let (receipt, error) = runner.watch(&self.attempt(&name), execution).await;
            drop(writing);
            taken.push(Taken { step, receipt });
            failure = error;
        }
        failure
    }

    /// Fails when somebody else has changed the target since the plan was made. The first step is made for a whole state, and each later
    /// one for what it replaces. A conditional write finds out by itself.
    async fn unchanged(&self, number: usize, step: &dyn Step, runner: &Runner) -> Result<()> {
        let attempted = self.attempt("compare with the plan");
        if self.target.capabilities().conditional_write || runner.is_interrupted() {
            return Ok(());
        }
        let is_changed = match number {
            0 => runner.read(&attempted, || self.target.base()).await? != self.plan.base,
            _ => runner.read(&attempted, || step.landed()).await? == Landed::Conflict,
        };
        if !is_changed {
            return Ok(());
        }
        let message = format!("{} was changed after the plan was made", self.target.location());
        Err(Error::new(Kind::Conflict, message).with_hint("plan again"))
    }

    /// Reads the target once more when all of its steps were done. Returns a warning when it cannot be read.
    ///
    /// # Errors
    /// `Conflict` when it does not hold what was written: somebody else may be writing too.
    pub(super) async fn look_again(
        &mut self,
        receipt: &NodeReceipt,
        runner: &Runner,
    ) -> Result<Option<Note>> {
        match self.looked.take() {
            Some(looked) => looked,
            None => self.look(receipt.steps.iter(), runner).await,
        }
    }

    async fn look(
        &self,
        mut steps: impl ExactSizeIterator<Item = &StepReceipt>,
        runner: &Runner,
    ) -> Result<Option<Note>> {
        let is_done = |step: &StepReceipt| matches!(step.outcome, StepOutcome::Done(_));
        let is_written = steps.len() > 0 && steps.all(is_done);
        if !is_written || self.target.capabilities().conditional_write {
            return Ok(None);
        }
        let node = &self.plan.node;
        let attempted = self.attempt("read what was written");
        let observed = match runner.read(&attempted, || self.target.observe_written(&self.plan)).await {
            Err(error) if error.kind() == Kind::Interrupted => return Ok(None),
            Err(error) => {
                let message = format!("node {node}: the state after the last write cannot be read: {error}");
                return Ok(Some(Note::warning(message)));
            }
            Ok(observed) => observed,
        };
        let plan = &*self.plan;
        let (revision, desired) = (plan.revision.as_ref(), plan.desired.clone());
        let now = diff(&plan.node, &plan.environment, revision, &plan.target, desired, &observed);
        let differences = now.differences();
        if differences.is_empty() {
            return Ok(None);
        }
        let message = format!(
            "node {node}: right after the last write, it does not hold what was written: {}",
            differences.join(", ")
        );
        Err(Error::new(Kind::Conflict, message)
            .with_hint("somebody else may be writing to the node: run `plan` to see what it holds"))
    }

    fn may_plan_again(&self, error: &Error, runner: &Runner) -> bool {
        !self.assignment.exact
            && error.kind() == Kind::Conflict
            && self.conflicts < CONFLICTS
            && !runner.is_interrupted()
    }

    /// After a lost race: the steps from the present state of the target to the same desired state, once they are approved.
    async fn plan_again(&mut self, runner: &Runner) -> Result<()> {
        loop {
            self.conflicts += 1;
            match self.steps_from_now(runner).await {
                Ok((plan, steps)) => {
                    self.replanned.push(plan.clone());
                    (self.plan, self.steps) = (Cow::Owned(plan), steps);
                    return Ok(());
                }
                Err(error) if self.may_plan_again(&error, runner) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn steps_from_now(&self, runner: &Runner) -> Result<(NodePlan, Vec<Box<dyn Step>>)> {
        let mut observed = runner.read(&self.attempt("read what runs"), || self.target.observe()).await?;
        let Assignment { node, asked, secrets, approval, .. } = self.assignment;
        let (deployment, revision) = (self.deployment, self.plan.revision.as_ref());
        let mut plan =
            deployment.plan_node(node, &*self.target, asked.clone(), &mut observed, revision, runner).await?;
        deployment.recall_secrets(&mut plan, secrets);
        let now = vec![snapshot(&plan, &observed, self.target.capabilities())];
        let mut before = Saved::new(Purpose::Snapshot, deployment.environment.clone(), None, now);
        before.replaced_by = revision.cloned();
        let replanned = Replanned::new(&self.plan, &plan, &before, deployment.safety.guard);
        approval.approve(&replanned).await?;
        let steps = runner.read(&self.attempt("prepare"), || self.target.prepare(&plan, secrets)).await?;
        Ok((plan, steps))
    }

    /// The name of a call in messages.
    fn attempt(&self, what: &str) -> String {
        format!("{}: {what}", self.target.location())
    }

    fn receipt(&self, steps: Vec<StepReceipt>, aftermath: Option<Aftermath>) -> NodeReceipt {
        NodeReceipt {
            node: self.plan.node.clone(),
            target: self.target.location(),
            replanned: self.replanned.clone(),
            steps,
            aftermath,
        }
    }

    fn named(&self, error: Error) -> Error {
        if self.assignment.exact && error.kind() == Kind::Conflict {
            return stale(&self.plan.node).with_related(error);
        }
        error.context(format_args!("node {}", self.plan.node))
    }
}
