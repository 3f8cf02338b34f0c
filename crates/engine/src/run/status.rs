//! The state of every node against what a deploy would write. One node that does not answer is a part of the result, not its end.

use std::sync::Arc;

use futures::future::join_all;

use super::ask::Purpose;
use super::call::Runner;
use super::check::not_verified;
use super::deployment::Deployment;
use super::early::{Logins, observe, targets};
use super::resolve;
use crate::stages::{Uses, uses};
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{Crossing, Desired, NodeName, NodePlan, Observed, Revision};

/// The state of all nodes of an environment.
#[derive(Debug)]
pub struct Status {
    /// What the configuration was read from.
    pub revision: Option<Revision>,
    /// What the configuration wants of every node, also of those that were not read.
    pub wanted: Vec<(NodeName, Desired)>,
    /// The data that crosses between nodes, and its replicas.
    pub crossings: Vec<Arc<Crossing>>,
    /// The nodes that have a target, the master first.
    pub nodes: Vec<NodeStatus>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// One node of a [`Status`].
#[derive(Debug)]
pub struct NodeStatus {
    /// The node.
    pub node: NodeName,
    /// Where it is deployed to, free of credentials.
    pub target: String,
    /// What was read, or why nothing could be read.
    pub read: Result<ReadNode>,
}

/// A node that answered.
#[derive(Debug)]
pub struct ReadNode {
    /// What a deploy would change.
    pub plan: NodePlan,
    /// What the node has.
    pub observed: Observed,
}

impl Status {
    /// Whether every node answered, and a deploy would change none.
    pub fn is_as_wanted(&self) -> bool {
        self.nodes.iter().all(|node| node.read.as_ref().is_ok_and(|read| read.plan.is_empty()))
    }

    /// The nodes that answered.
    pub fn answered(&self) -> impl Iterator<Item = &ReadNode> {
        self.nodes.iter().filter_map(|node| node.read.as_ref().ok())
    }
}

impl Deployment {
    /// Reads every node that has a target, without the configuration.
    ///
    /// # Errors
    /// With a related error for every node that does not answer; `Interrupted`.
    pub async fn read_nodes(&self, runner: &Runner) -> Result<Vec<(NodeName, Observed)>> {
        let observed = observe(targets(self), runner).await;
        if runner.is_interrupted() {
            return Err(Runner::interrupted());
        }
        let (mut nodes, mut failures) = (Vec::new(), Vec::new());
        for (node, observed) in self.nodes.iter().zip(observed) {
            match observed {
                Some((_, Ok(observed))) => nodes.push((node.name.clone(), observed)),
                Some((_, Err(error))) => failures.push(error.context(format_args!("node {}", node.name))),
                None => {}
            }
        }
        if failures.is_empty() {
            return Ok(nodes);
        }
        Err(Error::together(Kind::Unavailable, "several nodes cannot be read", failures))
    }

    /// Reads the secrets that a configuration uses, so that their values are masked where the configuration or a node contains them
    /// literally. Returns why secrets could not be read: such a value would be shown.
    ///
    /// # Errors
    /// `Interrupted`.
    pub async fn mask_secrets(&self, status: &Status, runner: &Runner) -> Result<Vec<Error>> {
        let uses: Vec<Uses> = status.wanted.iter().map(|(_, desired)| uses(&desired.entities)).collect();
        let nodes = status.wanted.iter().zip(&uses);
        let wanted = nodes.map(|((node, _), uses)| (node.clone(), uses.secrets.keys().cloned().collect()));
        Ok(resolve::secrets(self, wanted.collect(), &uses, Purpose::Masking, &Logins::default(), runner)
            .await?
            .problems)
    }

    /// Compares every node with what a deploy would write. Only the names of secrets are compared, so that no store is read.
    ///
    /// # Errors
    /// `Verification` with every problem of the configuration; `Interrupted`.
    pub async fn status(&self, runner: &Runner) -> Result<Status> {
        let (checked, problems) = self.read_and_connect(runner).await?;
        if !problems.is_empty() {
            return Err(not_verified(problems));
        }
        let (wanted, revision, crossings) = (checked.nodes, checked.revision, checked.crossings);
        let observed = observe(targets(self), runner).await;
        let pairs = wanted.iter().zip(&self.nodes).zip(observed);
        let compared = pairs.filter_map(|(((name, desired), node), observed)| {
            let (target, observed) = observed?;
            let revision = revision.as_ref();
            Some(async move {
                let location = target.location();
                let compared =
                    self.compare_node(node, target, desired.clone(), observed, revision, runner).await;
                let read = compared.map_err(|mut errors| match errors.len() {
                    1 => errors.remove(0),
                    _ => not_verified(errors),
                });
                let read = read.map(|compared| ReadNode { plan: compared.plan, observed: compared.observed });
                NodeStatus { node: name.clone(), target: location, read }
            })
        });
        let mut nodes = join_all(compared).await;
        if runner.is_interrupted() {
            return Err(Runner::interrupted());
        }
        let mut notes = checked.notes;
        for node in &mut nodes {
            if let Ok(read) = &mut node.read {
                notes.append(&mut read.observed.notes);
            }
        }
        Ok(Status { revision, wanted, crossings, nodes, notes })
    }
}
