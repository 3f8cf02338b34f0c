//! Where a node's configuration is written to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;

use super::data::NodeData;
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
    /// It answers a write before its pipes are deployed; [`NodeTarget::settling`] returns how far it has come.
    pub settles: bool,
    /// It may refuse a configuration because of its content. Such targets are written first.
    pub can_refuse: bool,
    /// A write fails with `Conflict` when somebody else was first. The runner compares every other target with its plan before each step,
    /// and observes it again after the last one.
    pub conditional_write: bool,
}

/// A node, or a repository that a node reads.
///
/// After all steps of [`Self::prepare`] were executed, [`Self::observe`] returns what was desired, and preparing the same again returns no
/// steps but those that send secrets.
///
/// All calls but those on steps only read. The runner allows 120 seconds for each, repeats it while its error allows that
/// ([`Error::with_retry`](crate::Error::with_retry)), five attempts in all, and drops its future at any `await`: at the end of that time or
/// on an interruption. [`Step`] says how it writes. Calls on one target may overlap.
///
/// ```
/// use deployer_core::error::Result;
/// use deployer_core::model::{NodePlan, Observed};
/// use deployer_core::traits::{NodeTarget, Secrets, Step, TargetCapabilities};
///
/// /// A node that is always empty, and takes nothing.
/// #[derive(Debug)]
/// struct Nothing;
///
/// #[async_trait::async_trait]
/// impl NodeTarget for Nothing {
///     fn location(&self) -> String {
///         "nowhere".to_owned()
///     }
///
///     fn capabilities(&self) -> TargetCapabilities {
///         TargetCapabilities::default()
///     }
///
///     async fn observe(&self) -> Result<Observed> {
///         Ok(Observed::new("empty".into(), Vec::new()))
///     }
///
///     async fn prepare(&self, _: &NodePlan, _: &Secrets) -> Result<Vec<Box<dyn Step>>> {
///         Ok(Vec::new())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// assert_eq!(Nothing.base().await?, Nothing.observe().await?.base);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait NodeTarget: Debug + Send + Sync + 'static {
    /// Where it writes to, free of credentials.
    fn location(&self) -> String;

    /// What it can do.
    fn capabilities(&self) -> TargetCapabilities;

    /// Reads the present state, and checks as far as the protocol allows whether we may write. Writes nothing.
    ///
    /// # Errors
    /// `Unauthenticated`, `Denied`, `NotFound`, `Unavailable`, each saying what the credential lacks.
    async fn observe(&self) -> Result<Observed>;

    /// Reads the names of the secrets that systems hold of their own. Asked about systems that run and that a plan removes or sends
    /// secrets to, and about no others. A system that holds none may be left out of the answer. Writes nothing.
    ///
    /// # Errors
    /// As [`Self::observe`]. The run is planned anyway if reading them is denied (`Denied`, `Unauthenticated`, `NotFound`).
    async fn system_secrets(&self, _systems: &BTreeSet<String>) -> Result<SystemSecretNames> {
        Ok(SystemSecretNames::new())
    }

    /// How far the target has come with a plan that was written. Called again and again until no pipe is deploying. Writes nothing.
    ///
    /// # Errors
    /// As [`Self::observe`].
    async fn settling(&self, _plan: &NodePlan) -> Result<Settling> {
        Ok(Settling::default())
    }

    /// Reads what a plan wrote, after all of its steps were executed: as [`Self::observe`], but a part that the plan does not change can be
    /// left as the last observation found it. Writes nothing.
    ///
    /// # Errors
    /// As [`Self::observe`].
    async fn observe_written(&self, _plan: &NodePlan) -> Result<Observed> {
        self.observe().await
    }

    /// The present [`Observed::base`], with as few requests as possible.
    ///
    /// # Errors
    /// As [`Self::observe`].
    async fn base(&self) -> Result<Fingerprint> {
        Ok(self.observe().await?.base)
    }

    /// The steps that carry out a node's plan, in the order in which they must be executed; none when there is nothing to write. Writes
    /// nothing.
    ///
    /// # Errors
    /// `Conflict` when the target is no longer what the plan was made from and the target cannot cope with that.
    async fn prepare(&self, plan: &NodePlan, secrets: &Secrets) -> Result<Vec<Box<dyn Step>>>;

    /// The data of a node that can run its pipes for a test; `None` for other targets.
    fn data(&self) -> Option<&dyn NodeData> {
        None
    }

    /// Gives back what was created for this run. Called once, at the end, also after a failure or an interruption. Its future is dropped
    /// after one second.
    ///
    /// # Errors
    /// Reported as a warning.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// How far a target has come with a plan that was written.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Settling {
    /// The ids of the plan's pipes that are being deployed or removed.
    pub deploying: Vec<String>,
    /// What the target finds wrong with entities of the plan, one warning each. Complete when no pipe is deploying.
    pub invalid: Vec<Note>,
    /// The pipes that the plan adds or changes and whose last run failed, one warning each.
    pub failed: Vec<Note>,
}

impl Settling {
    /// Takes the ids of pipes that are still deploying, and what is wrong with entities.
    pub fn new(deploying: Vec<String>, invalid: Vec<Note>) -> Self {
        Self { deploying, invalid, failed: Vec::new() }
    }

    /// Adds the pipes whose last run failed.
    #[must_use]
    pub fn with_failed(mut self, failed: Vec<Note>) -> Self {
        self.failed = failed;
        self
    }
}

/// One write.
///
/// The runner executes the steps of a plan in order, each in this way:
///
/// 1. It calls [`Self::execute`] and allows 600 seconds (`write_timeout`). The future may be dropped at any `await`: by the time-out, or
///    1.5 seconds after an interruption.
/// 2. An error of the kind `UnknownOutcome`, `Timeout` or `Interrupted` leaves open whether the write was applied. The runner then calls
///    [`Self::landed`] before it does anything else, and repeats the write only on [`Landed::No`] or [`Landed::CannotTell`].
/// 3. Any other error means that nothing was written. The runner repeats the same `execute` when the error allows it
///    ([`Error::with_retry`](crate::Error::with_retry)), five attempts in all.
/// 4. Before each step but the first, it calls [`Self::landed`] when the target has no
///    [`conditional_write`](TargetCapabilities::conditional_write): on [`Landed::Conflict`] it does not execute the step.
/// 5. When a later step fails for good, it undoes the executed steps, last first, with the steps that [`Self::undo`] returns. An undoing
///    step is a write like any other: points 1 to 3 hold for it too.
///
/// Calls on one step never overlap, except that a dropped `execute` may still be under way at the other side.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use deployer_core::Result;
/// use deployer_core::traits::{Done, Landed, Step};
///
/// /// Sets a text to another one. To undo it is to set it back: the same step with both texts swapped.
/// struct Set {
///     text: Arc<Mutex<String>>,
///     before: String,
///     after: String,
/// }
///
/// #[async_trait::async_trait]
/// impl Step for Set {
///     fn name(&self) -> String {
///         "set the text".to_owned()
///     }
///
///     async fn execute(&self) -> Result<Done> {
///         *self.text.lock().expect("nothing panics") = self.after.clone();
///         Ok(Done::new("1 text"))
///     }
///
///     async fn landed(&self) -> Result<Landed> {
///         let now = self.text.lock().expect("nothing panics");
///         Ok(Landed::of(*now == self.after, *now == self.before))
///     }
///
///     fn undo(&self) -> Option<Box<dyn Step>> {
///         let (before, after) = (self.after.clone(), self.before.clone());
///         Some(Box::new(Set { text: Arc::clone(&self.text), before, after }))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let text = Arc::new(Mutex::new("old".to_owned()));
/// let step = Set { text: Arc::clone(&text), before: "old".to_owned(), after: "new".to_owned() };
/// step.execute().await?;
/// assert_eq!(step.landed().await?, Landed::Yes);
/// step.undo().expect("it can be undone").execute().await?;
/// assert_eq!(*text.lock().expect("nothing panics"), "old");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Step: Send + Sync {
    /// What it does, for the receipt: `upload configuration`. Free of credentials and secret values.
    fn name(&self) -> String;

    /// Writes. May be called again after a failure, and must then lead to the same end.
    ///
    /// # Errors
    /// `UnknownOutcome` when the request was sent and no valid answer came, or when a part was written; `Conflict` when somebody else
    /// was first; `Rejected` when the content was refused, with a related error for each objection. Any other kind means that nothing
    /// was written.
    async fn execute(&self) -> Result<Done>;

    /// Reads whether the write was applied. Writes nothing. The runner repeats it as any other read.
    ///
    /// # Errors
    /// When that cannot be read.
    async fn landed(&self) -> Result<Landed>;

    /// The step that puts back what was there before this one; `None` when that is impossible. Makes no request.
    ///
    /// Called after this step was executed. The undoing step may be executed twice, and then leads to the same end. The detail of its
    /// [`Done`] says what was put back, and what was not. Its own `undo` is never called.
    fn undo(&self) -> Option<Box<dyn Step>> {
        None
    }
}

/// The result of an executed step.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Done {
    /// What was written: `12 entities`, a commit.
    pub detail: String,
    /// What a person should know, such as objections that were overruled.
    pub notes: Vec<Note>,
}

impl Done {
    /// A result without notes.
    pub fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), notes: Vec::new() }
    }

    /// Adds notes.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = Note>) -> Self {
        self.notes.extend(notes);
        self
    }
}

/// Whether a write was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Landed {
    /// It was applied.
    Yes,
    /// It was not applied, or only in part. Executing the step again overwrites nobody's work.
    No,
    /// The target holds neither what the step writes nor what it replaces: somebody else has written. The step is not repeated.
    Conflict,
    /// Reading does not show it, for example because secrets cannot be read. Executing the step again must be harmless.
    CannotTell,
}

impl Landed {
    /// What follows from a comparison of the target with what the step writes and with what it replaces.
    pub fn of(is_written: bool, is_former: bool) -> Self {
        match (is_written, is_former) {
            (true, _) => Self::Yes,
            (false, true) => Self::No,
            (false, false) => Self::Conflict,
        }
    }
}
