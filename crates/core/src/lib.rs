//! What a plugin of sesam-deployer sees: the model of a Sesam configuration, the five traits that plugins implement, and the types
//! that these exchange.
//!
//! This crate opens no socket, reads no environment variable and prints nothing.
#![doc = include_str!("../README.md")]

pub mod document;
pub mod error;
pub mod format;
pub mod layout;
pub mod model;
pub mod naming;
pub mod plugin;
pub mod secret;
mod setters;
pub mod template;
pub mod traits;

/// The macro for the async traits of this crate, so that a plugin uses the version that the traits were made with.
pub use async_trait::async_trait;
pub use error::{Error, Kind, Note, Place, Result, Retry};
/// The crate that settings describe themselves with: `use deployer_core::schemars::{self, JsonSchema};`.
pub use schemars;
pub use secret::{Redactor, SecretValue};
