//! What a configuration is made of.

mod crossing;
mod entity;
mod equality;
mod names;
mod observed;
mod plan;
mod receipt;
mod report;
mod variables;

pub use crossing::{Crossing, DatasetReader, ReadWay, Replica};
pub use entity::{Entity, EntityKind, Origin};
pub use equality::{comparable, normalised, same_entity};
pub use names::{Fingerprint, MASTER, NodeName, Revision, SecretName};
pub use observed::{Desired, Observed, SystemSecretNames};
pub use plan::{
    Action, Counts, EntityChange, LostSecrets, NodePlan, Plan, ProtectedEntity, SecretChange, SecretState,
    SystemSecretChange, VariableChange,
};
pub use receipt::{Aftermath, NodeReceipt, Receipt, Settled, StepOutcome, StepReceipt};
pub use report::{Outcome, Report, one_line};
pub use variables::{Variable, Variables};
