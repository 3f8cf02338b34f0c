//! Carrying out a plan: targets that can refuse first, then the others, each node's steps in order.

use std::sync::Arc;

use futures::future::join_all;

use super::call::{Runner, timed_out};
use super::deployment::{Deployment, Planned};
use super::progress::Event;
use super::step;
use crate::error::{Error, Kind, Result};
use crate::model::{NodePlan, NodeReceipt, Receipt, StepOutcome, StepReceipt};
use crate::stages::diff;
use crate::traits::{NodeTarget, Secrets, Step};

/// What carrying out a plan came to.
#[derive(Debug)]
pub struct Applied {
    /// What was done, node by node.
    pub receipt: Receipt,
    /// Why it is not complete.
    pub error: Option<Error>,
}

/// How often a node is planned again because somebody else changed it first.
const CONFLICTS: u32 = 3;

/// A node that is about to be written.
struct Work<'a> {
    plan: &'a NodePlan,
    target: Arc<dyn NodeTarget>,
    secrets: &'a Secrets,
    steps: Vec<Box<dyn Step>>,
}

impl Deployment {
    /// Carries out a plan. Targets that can refuse are written first, all at once; a failure there stops the run before the others.
    ///
    /// A node whose steps fail is put back as far as that is possible. A lost race (`Conflict`) is observed and planned again.
    pub async fn apply(&self, planned: &Planned, runner: &Runner) -> Applied {
        let nothing = Secrets::new();
        let prepared = self.prepare(planned, &nothing, runner).await;
        let (first, last): (Vec<Work<'_>>, Vec<Work<'_>>) = match prepared {
            Ok(works) => works.into_iter().partition(|work| work.target.capabilities().can_refuse),
            Err(error) => return Applied { receipt: Receipt::default(), error: Some(error) },
        };
        let mut receipt = Receipt::default();
        let mut errors = Vec::new();
        for works in [first, last] {
            let stopped = !errors.is_empty() || runner.is_interrupted();
            let written = join_all(works.into_iter().map(|work| async move {
                if stopped { (not_done(&work), None) } else { work.write(runner).await }
            }));
            for (node, error) in written.await {
                receipt.nodes.push(node);
                errors.extend(error);
            }
        }
        if errors.is_empty() && runner.is_interrupted() && !receipt.is_complete() {
            errors.push(Runner::interrupted());
        }
        Applied { receipt, error: one(errors) }
    }

    /// The steps of every node, before the first write.
    async fn prepare<'a>(
        &self,
        planned: &'a Planned,
        nothing: &'a Secrets,
        runner: &Runner,
    ) -> Result<Vec<Work<'a>>> {
        let works = planned.plan.nodes.iter().filter_map(|plan| {
            let target = self.nodes.iter().find(|node| node.name == plan.node)?.target.clone()?;
            let secrets = planned.secrets.get(&plan.node).unwrap_or(nothing);
            Some(async move {
                let steps = runner.read("prepare", || target.prepare(plan, secrets)).await;
                let steps = steps.map_err(|error| error.context(format_args!("node {}", plan.node)))?;
                Ok(Work { plan, target, secrets, steps })
            })
        });
        let (works, errors): (Vec<_>, Vec<_>) = join_all(works).await.into_iter().partition(Result::is_ok);
        match one(errors.into_iter().filter_map(Result::err).collect()) {
            None => Ok(works.into_iter().filter_map(Result::ok).collect()),
            Some(error) => Err(error),
        }
    }
}

impl Work<'_> {
    async fn write(mut self, runner: &Runner) -> (NodeReceipt, Option<Error>) {
        let mut conflicts = 0;
        loop {
            let (node, error) = self.write_steps(runner).await;
            match error {
                Some(error)
                    if error.kind() == Kind::Conflict
                        && conflicts < CONFLICTS
                        && !runner.is_interrupted() =>
                {
                    conflicts += 1;
                    match self.plan_again(runner).await {
                        Ok(steps) => self.steps = steps,
                        Err(error) => return (node, Some(error)),
                    }
                }
                error => {
                    return (node, error.map(|error| error.context(format_args!("node {}", self.plan.node))));
                }
            }
        }
    }

    async fn write_steps(&self, runner: &Runner) -> (NodeReceipt, Option<Error>) {
        let mut receipts: Vec<StepReceipt> = Vec::with_capacity(self.steps.len());
        let mut failure = None;
        for step in &self.steps {
            if failure.is_some() || runner.is_interrupted() {
                failure.get_or_insert_with(Runner::interrupted);
                receipts.push(StepReceipt {
                    name: step.name(),
                    outcome: StepOutcome::NotDone,
                    notes: Vec::new(),
                });
                continue;
            }
            runner.progress.event(Event::Writing { node: self.plan.node.as_str(), step: &step.name() });
            let (receipt, error) = step::execute(&**step, runner).await;
            receipts.push(receipt);
            failure = error;
        }
        // What a write of unknown outcome may need is left in place.
        let unknown = receipts.iter().any(|receipt| matches!(receipt.outcome, StepOutcome::Unknown(_)));
        let put_back = !unknown
            && failure
                .as_ref()
                .is_some_and(|error| !matches!(error.kind(), Kind::Interrupted | Kind::Conflict));
        if put_back {
            self.put_back(&mut receipts, runner).await;
        }
        (
            NodeReceipt { node: self.plan.node.clone(), target: self.target.location(), steps: receipts },
            failure,
        )
    }

    /// Undoes what was done, last first.
    async fn put_back(&self, receipts: &mut [StepReceipt], runner: &Runner) {
        for (step, receipt) in self.steps.iter().zip(receipts).rev() {
            if step.reversible() && matches!(receipt.outcome, StepOutcome::Done(_)) {
                receipt.outcome = match undo(&**step, runner).await {
                    Ok(what) => StepOutcome::PutBack(what),
                    Err(error) => StepOutcome::NotPutBack(error),
                };
            }
        }
    }

    /// After a lost race: the steps that lead from what the target holds now to the same desired state.
    async fn plan_again(&self, runner: &Runner) -> Result<Vec<Box<dyn Step>>> {
        let observed = runner.read("read what runs", || self.target.observe()).await?;
        let plan = self.plan;
        let again = diff(
            &plan.node,
            &plan.environment,
            plan.revision.as_ref(),
            &plan.target,
            plan.desired.clone(),
            &observed,
        );
        runner.read("prepare", || self.target.prepare(&again, self.secrets)).await
    }
}

/// Undoes a step. An interruption leaves time for one more try.
async fn undo(step: &dyn Step, runner: &Runner) -> Result<String> {
    match runner.read("put back", || step.undo()).await {
        Err(error) if error.kind() == Kind::Interrupted => {
            let limit = runner.policy.grace;
            tokio::time::timeout(limit, step.undo())
                .await
                .unwrap_or_else(|_| Err(timed_out("put back", limit)))
        }
        undone => undone,
    }
}

fn not_done(work: &Work<'_>) -> NodeReceipt {
    let steps = work.steps.iter().map(|step| StepReceipt {
        name: step.name(),
        outcome: StepOutcome::NotDone,
        notes: Vec::new(),
    });
    NodeReceipt { node: work.plan.node.clone(), target: work.target.location(), steps: steps.collect() }
}

/// One error as it is, several under one heading.
fn one(mut errors: Vec<Error>) -> Option<Error> {
    match errors.len() {
        0 | 1 => errors.pop(),
        count => {
            let kind = errors[0].kind();
            Some(Error::many(kind, format!("{count} nodes failed"), errors))
        }
    }
}
