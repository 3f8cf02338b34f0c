//! What a plugin of sesam-deployer sees: the model of a Sesam configuration, the four traits that plugins implement, and the types
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
pub mod template;
pub mod traits;

pub use error::{Error, Kind, Place, Result, Retry};
pub use secret::{Redactor, SecretValue};
