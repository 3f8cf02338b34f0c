//! Where a node's configuration is written to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::{Note, Result};
use crate::model::{Fingerprint, NodePlan, Observed, SecretName, SystemSecretNames};
use crate::secret::SecretValue;

/// The values of the secrets that a node needs.
pub type Secrets = BTreeMap<SecretName, SecretValue>;

/// What a target can do. A capability that is not set honestly breaks the contract suite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TargetCapabilities {
    /// It deploys one config group of a node, which cannot hold the node's metadata.
    pub config_group: bool,
    /// It keeps variables.
    pub variables: bool,
    /// It keeps secrets.
    pub secrets: bool,
    /// It keeps secrets of single systems.
    pub system_secrets: bool,
    /// It answers a write before its pipes are deployed, and tells with [`NodeTarget::settling`] how far it has come.
    pub settles: bool,
    /// It may refuse a configuration because of its content. Such targets are written first.
    pub can_refuse: bool,
    /// A write fails with `Conflict` when somebody else was first. Of other targets the runner compares [`NodeTarget::base`] right before
    /// the first write, and observes them again after the last one.
    pub conditional_write: bool,
}

/// A node, or a repository that a node reads.
///
/// Contract: after all steps of [`Self::prepare`] were executed, [`Self::observe`] equals what was desired; preparing again gives
/// nothing but secrets.
#[async_trait]
pub trait NodeTarget: Debug + Send + Sync + 'static {
    /// Where it writes to, free of credentials.
    fn location(&self) -> String;

    /// What it can do.
    fn capabilities(&self) -> TargetCapabilities;

    /// Reads what is there now, and finds out as far as the protocol tells whether we may write. Writes nothing.
    ///
    /// # Errors
    /// `Unauthenticated`, `Denied`, `NotFound`, `Unavailable`, each saying what the credential lacks.
    async fn observe(&self) -> Result<Observed>;

    /// Reads the names of the secrets that systems hold of their own. Asked about systems that run and that a plan removes or sends
    /// secrets to, and about no others. A system that holds none may be left out of the answer. Writes nothing.
    ///
    /// # Errors
    /// As [`Self::observe`]. A plan is made all the same where they may not be read (`Denied`, `Unauthenticated`, `NotFound`).
    async fn system_secrets(&self, _systems: &BTreeSet<String>) -> Result<SystemSecretNames> {
        Ok(SystemSecretNames::new())
    }

    /// How far the target has come with a plan that was written. Asked again and again until no pipe is deploying. Writes nothing.
    ///
    /// # Errors
    /// As [`Self::observe`].
    async fn settling(&self, _plan: &NodePlan) -> Result<Settling> {
        Ok(Settling::default())
    }

    /// What [`Observed::base`] is now, with no more requests than that takes.
    ///
    /// # Errors
    /// As [`Self::observe`].
    async fn base(&self) -> Result<Fingerprint> {
        Ok(self.observe().await?.base)
    }

    /// Turns a node's plan into steps, in the order they are to be executed. Nothing to write gives no steps. Writes nothing.
    ///
    /// # Errors
    /// `Conflict` when the target is no longer what the plan was made from and the target cannot cope with that.
    async fn prepare(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>>;

    /// Gives back what was created for this run. Called once, at the end, also after a failure.
    ///
    /// # Errors
    /// Reported as a warning.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// How far a target has come with what was written.
#[derive(Debug, Clone, Default)]
pub struct Settling {
    /// The ids of the plan's pipes that are on their way in or out.
    pub deploying: Vec<String>,
    /// What the target finds wrong with entities of the plan, a warning each; complete when no pipe is deploying.
    pub invalid: Vec<Note>,
}

/// One write.
///
/// The runner executes steps in order, retries those that failed without an effect, asks [`Self::landed`] where the outcome of a
/// write is unknown (`Kind::UnknownOutcome`), and undoes executed reversible steps, last first, when a later one fails for good.
#[async_trait]
pub trait Step: Send + Sync {
    /// What it does, for the receipt: `upload configuration`.
    fn name(&self) -> String;

    /// Whether [`Self::undo`] can put back what was there before.
    fn reversible(&self) -> bool;

    /// Does it.
    ///
    /// # Errors
    /// `UnknownOutcome` when the request was sent and no answer came; `Conflict` when somebody else was first; `Rejected` when the
    /// content was refused, with a related error for each objection; any other kind means that nothing was written.
    async fn execute(&self) -> Result<Done>;

    /// Finds out whether the write was applied, by reading.
    ///
    /// # Errors
    /// When that cannot be read.
    async fn landed(&self) -> Result<Landed>;

    /// Puts back what was there before; says what was put back.
    ///
    /// # Errors
    /// Reported in the receipt.
    async fn undo(&self) -> Result<String>;
}

/// What an executed step has to say.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// What was written: `12 entities`, a commit.
    pub detail: String,
    /// What a person should know, such as objections that were overruled.
    pub notes: Vec<Note>,
}

impl Done {
    /// A step that has nothing more to say than what was written.
    pub fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), notes: Vec::new() }
    }
}

/// Whether a write was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// It was applied.
    Yes,
    /// It was not applied; it may be sent again.
    No,
    /// Reading does not tell, for example because secrets cannot be read. Sending it again must be harmless.
    CannotTell,
}
