//! The heart of sesam-deployer: the model of a Sesam configuration, the pure stages that turn it into a plan, the four
//! traits that plugins implement, and the one runner that owns retries, limits and interruption.
//!
//! This crate opens no socket, reads no environment variable and prints nothing.
#![doc = include_str!("../README.md")]

pub mod document;
pub mod error;
pub mod fingerprint;
pub mod format;
pub mod model;
pub mod naming;
pub mod plugin;
pub mod run;
pub mod saved;
pub mod secret;
pub mod stages;
pub mod traits;

pub use error::{Error, Kind, Place, Result, Retry};
pub use secret::{Redactor, SecretValue};
