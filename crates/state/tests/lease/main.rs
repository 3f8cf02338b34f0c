//! Leases on records in a place in memory: the rules one at a time, and replicas in simulated time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod memory;
mod rules;
mod simulation;
mod takeover;
