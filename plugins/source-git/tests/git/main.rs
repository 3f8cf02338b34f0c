//! The plugin against a git host.

mod contract;
mod source;
mod support;
