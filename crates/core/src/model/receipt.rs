//! The receipt: what was written, what was not, and what was put back.

use std::time::Duration;

use super::{NodeName, NodePlan};
use crate::error::{Error, Note};

/// What a run did, node by node, in the order it was done.
#[derive(Debug, Clone, Default)]
pub struct Receipt {
    /// The nodes in the order they were written.
    pub nodes: Vec<NodeReceipt>,
}

/// What was done on one node.
#[derive(Debug, Clone)]
pub struct NodeReceipt {
    /// The node.
    pub node: NodeName,
    /// Where it was deployed to, free of credentials.
    pub target: String,
    /// The plans that were made again during the run because somebody else changed the node, in order. The last one was carried out.
    pub replanned: Vec<NodePlan>,
    /// The steps in order.
    pub steps: Vec<StepReceipt>,
    /// What became of the node afterwards; none where nobody waited for it.
    pub aftermath: Option<Aftermath>,
}

/// What a node made of what was written to it.
#[derive(Debug, Clone)]
pub struct Aftermath {
    /// Whether it has deployed its pipes.
    pub state: Settled,
    /// What it finds wrong with entities that it runs, a warning each.
    pub invalid: Vec<Note>,
    /// The pipes that the run changed and whose last run failed, a warning each.
    pub failed: Vec<Note>,
}

/// Whether a node has deployed its pipes.
#[derive(Debug, Clone)]
pub enum Settled {
    /// No pipe is deploying.
    Deployed,
    /// Some pipes were deploying still when the time was over.
    StillDeploying {
        /// Their ids.
        pipes: Vec<String>,
        /// How long the run was ready to wait.
        limit: Duration,
    },
    /// It could not be found out.
    Unknown(Error),
    /// The run was asked to stop before it was known.
    Interrupted,
}

/// A step and how it ended.
#[derive(Debug, Clone)]
pub struct StepReceipt {
    /// What the step does: `upload configuration`.
    pub name: String,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What a person should know, such as objections that were overruled.
    pub notes: Vec<Note>,
}

/// How a step ended.
#[derive(Debug, Clone)]
pub enum StepOutcome {
    /// It was written; the text says what, such as a commit.
    Done(String),
    /// It was written, and then put back because a later step failed; the text says what.
    PutBack(String),
    /// It was written and could not be put back.
    NotPutBack(Error),
    /// It failed and wrote nothing.
    Failed(Error),
    /// It was sent and nobody knows whether it was applied.
    Unknown(Error),
    /// It was not started.
    NotDone,
}

impl Receipt {
    /// Whether every step of every node was done, and no wait was broken off.
    pub fn is_complete(&self) -> bool {
        self.nodes.iter().all(|node| {
            let broken_off = matches!(&node.aftermath, Some(Aftermath { state: Settled::Interrupted, .. }));
            !broken_off && node.steps.iter().all(|step| matches!(step.outcome, StepOutcome::Done(_)))
        })
    }

    /// Whether anything was left written.
    pub fn wrote_anything(&self) -> bool {
        self.nodes.iter().flat_map(|node| &node.steps).any(|step| {
            matches!(
                step.outcome,
                StepOutcome::Done(_) | StepOutcome::NotPutBack(_) | StepOutcome::Unknown(_)
            )
        })
    }
}
