//! The commands, one module each.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod deploy;
#[cfg(feature = "embedded-node")]
pub(crate) mod node;
pub(crate) mod notify;
pub(crate) mod plan;
pub(crate) mod plugins;
pub(crate) mod render;
