//! Plans and snapshots as files: versioned JSON, without any secret value.
//!
//! Both hold the same: what each node should hold. A *plan* is what a deploy would bring about, with a fingerprint of what it was made
//! from, so that it can be applied later exactly as it was reviewed, or not at all. A *snapshot* is a node's configuration before a run.

mod masked;
pub(crate) mod masking;
mod read;
mod write;

pub use masked::Masked;

use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::{Desired, Fingerprint, NodeName, Revision};

/// The version of the files' shape. A file of another version is refused.
pub const FORMAT: u64 = 1;

/// The version of a file with masked parts, which a program that only reads [`FORMAT`] must refuse.
pub const FORMAT_WITH_MASKED: u64 = 2;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be carried out as it is, while nothing has moved.
    Plan,
    /// To restore a node.
    Snapshot,
}

impl Purpose {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Plan => "plan",
            Purpose::Snapshot => "snapshot",
        }
    }
}

/// A plan or a snapshot.
#[derive(Debug, Clone)]
pub struct Saved {
    /// What it is for.
    pub purpose: Purpose,
    /// The name of the environment.
    pub environment: String,
    /// What the configuration was read from.
    pub revision: Option<Revision>,
    /// For a snapshot, the configuration that was deployed next.
    pub replaced_by: Option<Revision>,
    /// The epoch of the lease that the file was written under, in a place that machines share.
    pub epoch: Option<u64>,
    /// The nodes, the master first.
    pub nodes: Vec<SavedNode>,
}

/// A node in a plan or a snapshot.
#[derive(Debug, Clone)]
pub struct SavedNode {
    /// The node.
    pub node: NodeName,
    /// Where it is deployed to, free of credentials.
    pub target: String,
    /// What was observed when the file was made.
    pub base: Fingerprint,
    /// What the node should hold.
    pub desired: Desired,
    /// The parts of it without their secret values.
    pub masked: Masked,
}

impl SavedNode {
    /// A node without masked parts.
    pub fn new(node: NodeName, target: String, base: Fingerprint, desired: Desired) -> Self {
        Self { node, target, base, desired, masked: Masked::default() }
    }
}

impl Saved {
    /// A plan or a snapshot of these nodes.
    pub fn new(
        purpose: Purpose,
        environment: String,
        revision: Option<Revision>,
        nodes: Vec<SavedNode>,
    ) -> Self {
        Self { purpose, environment, revision, replaced_by: None, epoch: None, nodes }
    }

    /// Refuses a file that was made for another purpose or another environment.
    ///
    /// # Errors
    /// `Refused`, saying how to make the right one.
    pub fn require(&self, purpose: Purpose, environment: &str) -> Result<()> {
        if self.purpose != purpose {
            let message = format!("the file holds a {}, not a {}", self.purpose.word(), purpose.word());
            let hint = match self.purpose {
                Purpose::Plan => "`sesam-deployer apply` carries out a plan",
                Purpose::Snapshot => "`sesam-deployer restore` restores a snapshot",
            };
            return Err(Error::new(Kind::Refused, message).with_hint(hint));
        }
        if self.environment != environment {
            let message = format!(
                "the file was made for the environment {:?}, this run is for {environment:?}",
                self.environment
            );
            return Err(Error::new(Kind::Refused, message)
                .with_hint(format!("name the same environment, or plan again for {environment:?}")));
        }
        Ok(())
    }

    /// Refuses a plan that was made for other targets.
    ///
    /// # Errors
    /// `Refused`, with a related error for every node that is deployed elsewhere.
    pub fn require_targets<'a>(&self, now: impl IntoIterator<Item = (&'a NodeName, String)>) -> Result<()> {
        let elsewhere = now.into_iter().filter_map(|(name, target)| {
            let saved = self.nodes.iter().find(|saved| saved.node == *name && saved.target != target)?;
            let message = format!("node {name}: the plan was made for {}, not for {target}", saved.target);
            Some(Error::new(Kind::Refused, message))
        });
        let elsewhere: Vec<Error> = elsewhere.collect();
        if elsewhere.is_empty() {
            return Ok(());
        }
        Err(Error::together(
            Kind::Refused,
            "the plan was made for other targets; nothing was written",
            elsewhere,
        )
        .with_hint(PLAN_AGAIN))
    }

    /// Refuses a plan whose node is no longer what it was made from.
    ///
    /// # Errors
    /// `Refused`, with a related error for every node that has moved.
    pub fn require_bases<'a>(
        &self,
        now: impl IntoIterator<Item = (&'a NodeName, &'a Fingerprint)>,
    ) -> Result<()> {
        let moved = now.into_iter().filter(|(name, base)| {
            self.nodes.iter().any(|saved| saved.node == **name && saved.base != **base)
        });
        let moved: Vec<Error> = moved.map(|(name, _)| stale(name)).collect();
        if moved.is_empty() {
            return Ok(());
        }
        Err(Error::many(Kind::Refused, "the plan is stale; nothing was written", moved).with_hint(PLAN_AGAIN))
    }
}

const PLAN_AGAIN: &str = "plan again: `sesam-deployer plan --out FILE`";

/// The refusal of a plan whose node is no longer what it was made from.
pub(crate) fn stale(node: &NodeName) -> Error {
    Error::new(Kind::Refused, format!("node {node} has changed since the plan was made"))
        .with_hint(PLAN_AGAIN)
}
