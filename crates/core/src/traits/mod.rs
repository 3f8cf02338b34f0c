//! The five traits that plugins implement. All are object-safe; each is a round trip to somewhere, so a boxed future is noise.
//!
//! A struct that a plugin gets or makes has a constructor and is `#[non_exhaustive]`, and so is an enum that a plugin may answer with one
//! arm for the rest, such as [`Outcome`](crate::model::Outcome). An enum whose every variant a plugin must treat to write what is asked,
//! such as [`FileText`](crate::layout::FileText), is exhaustive on purpose: a new variant must not compile into a wrong write.
//!
//! The rules for every plugin: it classifies failures and never retries, sleeps, prints or reads the environment; the runner and
//! the [`Context`](crate::plugin::Context) own those. Its `location` and its errors are free of credentials. Its `Debug` shows no secret.

mod data;
mod notifier;
mod source;
mod state;
mod store;
mod target;

pub use data::{NodeData, PipeEvent, PipeOutput, PipeRole, PipeState, RunState};
pub use notifier::Notifier;
pub use source::{ConfigSource, Snapshot};
pub use state::{LeasePlace, ObjectVersion, PutCondition, PutOutcome, StatePlace, StoredObject};
pub use store::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};
pub use target::{Done, Landed, NodeTarget, Secrets, Settling, Step, TargetCapabilities};
