//! Carrying out a plan: targets that can refuse first, in the order that the settings ask for, then the others.

use std::collections::BTreeMap;

use futures::future::{join, join_all};

use super::call::Runner;
use super::deployment::Deployment;
use super::plan::Planned;
use super::replan::Approval;
use super::work::{Assignment, Work};
use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::{NodeReceipt, Receipt};
use deployer_core::traits::Secrets;

/// The outcome of carrying out a plan.
#[derive(Debug)]
pub struct Applied {
    /// What was done, node by node.
    pub receipt: Receipt,
    /// Why the plan was not carried out completely.
    pub error: Option<Error>,
}

impl Deployment {
    /// Carries out a plan. Targets that can refuse are written first; a failure in one step stops the run before the next.
    ///
    /// A target is compared with the state that the plan was made from before its first write, and with what a later step replaces before
    /// that step, unless its writes are conditional by themselves. After a lost race (`Conflict`) it is observed and planned again, and
    /// written once `approval` agrees; a plan that must be carried out exactly is refused then. The steps of a node are undone, as far as
    /// that is possible, when a later one fails. A node that does not hold what was written is an error.
    pub async fn apply(&self, planned: &Planned, approval: &dyn Approval, runner: &Runner) -> Applied {
        let nothing = Secrets::new();
        let mut steps: BTreeMap<usize, Vec<Work<'_>>> = BTreeMap::new();
        match self.prepare(planned, approval, &nothing, runner).await {
            Ok(works) => {
                works.into_iter().for_each(|work| steps.entry(work.step()).or_default().push(work));
            }
            Err(error) => return Applied { receipt: Receipt::default(), error: Some(error) },
        }
        let mut receipt = Receipt::default();
        let mut errors = Vec::new();
        let mut written: Vec<Written<'_>> = Vec::new();
        // The nodes of one step are looked at again while those of the next are written.
        for works in steps.into_values().chain([Vec::new()]) {
            let stopped = !errors.is_empty() || runner.is_interrupted();
            let writing = join_all(works.into_iter().map(|work| write(work, stopped, runner)));
            let looking = join_all(written.into_iter().map(|written| written.look_again(runner)));
            let (next, looked) = join(writing, looking).await;
            for (node, error) in looked {
                receipt.nodes.push(node);
                errors.extend(error);
            }
            errors.extend(next.iter().filter_map(|written| written.error.clone()));
            written = next;
        }
        if errors.is_empty() && runner.is_interrupted() && !receipt.is_complete() {
            errors.push(Runner::interrupted());
        }
        Applied { receipt, error: one(errors) }
    }

    /// The steps of every node, before the first write.
    async fn prepare<'a>(
        &'a self,
        planned: &'a Planned,
        approval: &'a dyn Approval,
        nothing: &'a Secrets,
        runner: &Runner,
    ) -> Result<Vec<Work<'a>>> {
        let works = planned.plan.nodes.iter().filter_map(|plan| {
            let node = self.nodes.iter().find(|node| node.name == plan.node)?;
            let target = node.target.clone()?;
            let secrets = planned.secrets.get(&plan.node).unwrap_or(nothing);
            let asked = planned.asked.get(&plan.node)?;
            let assignment = Assignment { node, plan, asked, secrets, exact: planned.exact, approval };
            Some(Work::prepare(self, assignment, target, runner))
        });
        let (works, errors): (Vec<_>, Vec<_>) = join_all(works).await.into_iter().partition(Result::is_ok);
        match one(errors.into_iter().filter_map(Result::err).collect()) {
            None => Ok(works.into_iter().filter_map(Result::ok).collect()),
            Some(error) => Err(error),
        }
    }
}

/// A node after its turn.
struct Written<'a> {
    work: Work<'a>,
    receipt: NodeReceipt,
    error: Option<Error>,
}

impl Written<'_> {
    /// The final receipt, and an error when the node does not hold what was written.
    async fn look_again(mut self, runner: &Runner) -> (NodeReceipt, Option<Error>) {
        match self.work.look_again(&self.receipt, runner).await {
            Ok(note) => {
                if let Some(step) = self.receipt.steps.last_mut() {
                    step.notes.extend(note);
                }
                (self.receipt, None)
            }
            Err(error) => (self.receipt, Some(error)),
        }
    }
}

async fn write<'a>(mut work: Work<'a>, stopped: bool, runner: &Runner) -> Written<'a> {
    let (receipt, error) = if stopped { (work.not_done(), None) } else { work.write(runner).await };
    Written { work, receipt, error }
}

/// One error as it is, several under one heading. An interruption is reported once, and not for each node.
fn one(mut errors: Vec<Error>) -> Option<Error> {
    let interruption = |error: &Error| error.kind() == Kind::Interrupted;
    if errors.len() > 1 && errors.iter().any(interruption) {
        errors.retain(|error| !interruption(error));
        if errors.is_empty() {
            return Some(Runner::interrupted());
        }
    }
    match errors.len() {
        0 | 1 => errors.pop(),
        count => {
            let kind = errors[0].kind();
            Some(Error::many(kind, format!("{count} nodes failed"), errors))
        }
    }
}
