//! The one place that waits: loading, resolving, observing and applying, with retry, limits, time-outs and interruption.

mod apply;
mod ask;
mod call;
mod check;
mod compare;
mod deployment;
mod early;
mod load;
mod plan;
mod progress;
mod replan;
mod resolve;
mod settle;
mod silence;
mod status;
mod step;
mod undo;
mod work;

pub use apply::Applied;
pub use call::{Policy, Runner};
pub use check::Checked;
pub use deployment::{
    Configuration, Connectors, DeployNode, Deployment, FolderLayout, Order, Safety, Verify,
};
pub use plan::Planned;
pub use progress::{Event, Progress, Silent};
pub use replan::{Approval, Replanned, Unattended};
pub use resolve::FoundSecret;
pub use status::{NodeStatus, ReadNode, Status};
