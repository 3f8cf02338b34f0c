//! Comparing one node: what it should hold against what it holds.

use std::sync::Arc;

use super::call::Runner;
use super::deployment::{DeployNode, Deployment};
use super::plan::Planned;
use crate::saved::SavedNode;
use crate::stages::{concerned_systems, diff, protect};
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{Desired, NodeName, NodePlan, Observed, Revision};
use deployer_core::traits::{NodeTarget, Secrets, TargetCapabilities};

impl Deployment {
    /// One node: what it should hold against what it holds.
    pub(super) async fn compare_node(
        &self,
        node: &DeployNode,
        target: Arc<dyn NodeTarget>,
        desired: Desired,
        observed: Result<Observed>,
        revision: Option<&Revision>,
        runner: &Runner,
    ) -> std::result::Result<Compared, Vec<Error>> {
        let named = |error: Error| vec![error.context(format_args!("node {}", node.name))];
        let mut observed = observed.map_err(named)?;
        let taken = taken_elsewhere(&node.name, &desired, &observed);
        if !taken.is_empty() {
            return Err(taken);
        }
        let plan =
            self.plan_node(node, &*target, desired, &mut observed, revision, runner).await.map_err(named)?;
        Ok(Compared { plan, observed, capabilities: target.capabilities() })
    }

    /// Plans a node from what was observed: protected entities are kept, and the secrets of systems are listed where they matter.
    pub(super) async fn plan_node(
        &self,
        node: &DeployNode,
        target: &dyn NodeTarget,
        mut desired: Desired,
        observed: &mut Observed,
        revision: Option<&Revision>,
        runner: &Runner,
    ) -> Result<NodePlan> {
        let protected = protect(&node.protected, &mut desired, observed);
        let systems = concerned_systems(&desired, observed);
        if target.capabilities().system_secrets && !systems.is_empty() {
            let attempted = format!("{}: list the secrets of systems", target.location());
            match runner.read(&attempted, || target.system_secrets(&systems)).await {
                Ok(mut names) => {
                    let own = systems.into_iter().map(|id| {
                        let own = names.remove(&id).unwrap_or_default();
                        (id, own)
                    });
                    observed.system_secrets = own.collect();
                }
                Err(error) if NOT_PERMITTED.contains(&error.kind()) => {
                    let message = format!(
                        "node {}: secrets that were set on a system cannot be listed: {error}",
                        node.name
                    );
                    observed.notes.push(Note::warning(message));
                }
                Err(error) => return Err(error),
            }
        }
        let plan = diff(&node.name, &self.environment, revision, &target.location(), desired, observed);
        Ok(plan.with_protected(protected))
    }
}

impl Deployment {
    /// Marks each secret of all nodes as changed or unchanged, for a plan that was made before the fingerprints of earlier runs were
    /// known.
    pub fn recall(&self, planned: &mut Planned) {
        for plan in &mut planned.plan.nodes {
            if let Some(secrets) = planned.secrets.get(&plan.node) {
                self.recall_secrets(plan, secrets);
            }
        }
    }

    /// Marks each secret of a plan as changed or unchanged, if an earlier run saved its fingerprint.
    pub(super) fn recall_secrets(&self, plan: &mut NodePlan, secrets: &Secrets) {
        if let Some(remembered) = &self.remembered {
            plan.compare_secrets(&remembered.states(&plan.node, &plan.target, secrets));
        }
    }
}

/// Failures to list secrets that are no reason to stop: the token may not, or the node does not have the list.
const NOT_PERMITTED: [Kind; 3] = [Kind::Denied, Kind::Unauthenticated, Kind::NotFound];

/// A node that was compared.
pub(super) struct Compared {
    pub(super) plan: NodePlan,
    pub(super) observed: Observed,
    capabilities: TargetCapabilities,
}

impl Compared {
    /// The present state of the node.
    pub(super) fn snapshot(&self) -> SavedNode {
        snapshot(&self.plan, &self.observed, self.capabilities)
    }
}

/// The present state of a node, as something that it could hold again. Values of secrets cannot be read, so secrets are left alone.
pub(super) fn snapshot(plan: &NodePlan, observed: &Observed, capabilities: TargetCapabilities) -> SavedNode {
    let variables = || observed.variables.clone().unwrap_or_default();
    let desired = Desired::default()
        .with_entities(observed.entities.clone())
        .with_variables(capabilities.variables.then(variables));
    SavedNode::new(plan.node.clone(), plan.target.clone(), plan.base.clone(), desired)
}

/// An error for every entity whose id another config group of the node already has.
fn taken_elsewhere(node: &NodeName, desired: &Desired, observed: &Observed) -> Vec<Error> {
    let taken =
        desired.entities.iter().filter_map(|entity| Some((entity, observed.elsewhere.get(&**entity.id())?)));
    taken
        .map(|(entity, group)| {
            let message = format!("node {node}: {:?} exists in the config group {group:?} already", entity.id());
            Error::new(Kind::Verification, message)
                .at(entity.place())
                .with_hint("ids are unique over all config groups of a node: rename it, or remove it from the other group")
        })
        .collect()
}
