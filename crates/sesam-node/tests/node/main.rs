//! The node from outside.

#![expect(clippy::unwrap_used, reason = "a test may panic, also in its helpers")]

mod access;
mod deployment;
mod judges;
mod names;
mod persistence;
mod runner;
mod scripts;
mod service_api;
mod support;
mod uploads;
mod validation;
