//! What a run does: the pure stages that turn a configuration into a plan, and the one runner that owns retries, limits and
//! interruption.
//!
//! Plugins do not depend on this crate: what they implement and receive is in `deployer-core`. This crate opens no socket, reads no
//! environment variable and prints nothing.
#![doc = include_str!("../README.md")]

pub mod connect;
pub mod download;
pub mod fingerprint;
pub mod run;
pub mod saved;
mod shares;
pub mod stages;
