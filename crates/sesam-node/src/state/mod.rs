//! The state of a node.

pub(crate) mod contents;
pub(crate) mod derived;
pub(crate) mod history;
pub(crate) mod progress;
pub(crate) mod pump;
pub(crate) mod secrets;
pub(crate) mod stored;
