//! The one place that waits: loading, resolving, observing and applying, with retry, limits, time-outs and interruption.

mod apply;
mod call;
mod close;
mod deployment;
mod load;
mod observe;
mod progress;
mod resolve;
mod step;
mod work;

pub use apply::Applied;
pub use call::{Policy, Runner};
pub use deployment::{Checked, Configuration, DeployNode, Deployment, Planned, Verify, Whitelist};
pub use progress::{Event, Progress, Silent};
