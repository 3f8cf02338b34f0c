//! Carrying out a plan: targets that can refuse first, then the others.

use futures::future::join_all;

use super::call::Runner;
use super::deployment::Deployment;
use super::plan::Planned;
use super::work::Work;
use crate::error::{Error, Kind, Result};
use crate::model::Receipt;
use crate::traits::Secrets;

/// What carrying out a plan came to.
#[derive(Debug)]
pub struct Applied {
    /// What was done, node by node.
    pub receipt: Receipt,
    /// Why it is not complete.
    pub error: Option<Error>,
}

impl Deployment {
    /// Carries out a plan. Targets that can refuse are written first, all at once; a failure there stops the run before the others.
    ///
    /// A node whose steps fail is put back as far as that is possible. A lost race (`Conflict`) is observed and planned again.
    pub async fn apply(&self, planned: &Planned, runner: &Runner) -> Applied {
        let nothing = Secrets::new();
        let (first, last): (Vec<Work<'_>>, Vec<Work<'_>>) =
            match self.prepare(planned, &nothing, runner).await {
                Ok(works) => works.into_iter().partition(Work::can_refuse),
                Err(error) => return Applied { receipt: Receipt::default(), error: Some(error) },
            };
        let mut receipt = Receipt::default();
        let mut errors = Vec::new();
        for works in [first, last] {
            let stopped = !errors.is_empty() || runner.is_interrupted();
            let written = join_all(works.into_iter().map(|work| async move {
                if stopped { (work.not_done(), None) } else { work.write(runner).await }
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
            Some(Work::prepare(plan, target, secrets, planned.exact, runner))
        });
        let (works, errors): (Vec<_>, Vec<_>) = join_all(works).await.into_iter().partition(Result::is_ok);
        match one(errors.into_iter().filter_map(Result::err).collect()) {
            None => Ok(works.into_iter().filter_map(Result::ok).collect()),
            Some(error) => Err(error),
        }
    }
}

/// One error as it is, several under one heading. That a run was asked to stop is told once, and not for each node.
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
