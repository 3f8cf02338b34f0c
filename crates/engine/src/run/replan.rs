//! Plans that are made again during a run, because somebody else changed a node.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::saved::Saved;
use crate::stages::{Guard, beyond_consent};
use deployer_core::error::{Error, Result};
use deployer_core::model::NodePlan;

/// Decides whether a node is written with a plan that was made again during the run.
#[async_trait]
pub trait Approval: Debug + Send + Sync {
    /// Called before such a plan is carried out, for several nodes at once. Deciding may take long: the node is compared with the plan
    /// once more before it is written.
    ///
    /// # Errors
    /// When the plan must not be carried out. The steps that were already done on the node are then undone.
    async fn approve(&self, replanned: &Replanned<'_>) -> Result<()>;
}

/// A plan that was made again.
#[derive(Debug)]
#[non_exhaustive]
pub struct Replanned<'a> {
    /// The plan that was approved last.
    pub approved: &'a NodePlan,
    /// The plan from the present state of the node to the same desired state.
    pub plan: &'a NodePlan,
    /// The present state of the node, as a snapshot.
    pub before: &'a Saved,
    /// Why the plan needs consent although `approved` was approved: it removes more, and a safety rule does not allow that.
    pub refusal: Option<Error>,
}

impl<'a> Replanned<'a> {
    pub(super) fn new(approved: &'a NodePlan, plan: &'a NodePlan, before: &'a Saved, guard: Guard) -> Self {
        Self { approved, plan, before, refusal: beyond_consent(approved, plan, guard) }
    }
}

/// Approves every plan that needs no consent. Keeps no snapshot.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unattended;

#[async_trait]
impl Approval for Unattended {
    async fn approve(&self, replanned: &Replanned<'_>) -> Result<()> {
        replanned.refusal.clone().map_or(Ok(()), Err)
    }
}
