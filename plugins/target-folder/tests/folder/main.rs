//! The plugin from settings to files.

mod contract;
mod deploy;
mod support;
