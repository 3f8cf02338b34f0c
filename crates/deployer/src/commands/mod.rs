//! The commands, one module each.

mod begin;
pub(crate) mod check;
pub(crate) mod completions;
mod consent;
pub(crate) mod deploy;
pub(crate) mod dump;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod init;
pub(crate) mod lock;
pub(crate) mod man;
#[cfg(feature = "embedded-node")]
pub(crate) mod node;
pub(crate) mod notify;
pub(crate) mod pipes;
pub(crate) mod plan;
pub(crate) mod plugins;
pub(crate) mod render;
mod replan;
pub(crate) mod restore;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod version;
#[cfg(feature = "watch")]
pub(crate) mod watch;
