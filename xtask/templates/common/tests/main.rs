//! The plugin, against the service in memory.

mod access;
mod contract;
mod service;
mod settings;
