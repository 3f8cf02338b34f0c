//! The login to Google Cloud, for the plugins that use its services.
#![doc = include_str!("../README.md")]

mod errors;
mod login;
mod wire;

pub use errors::{Refusal, with_words, words};
pub use login::{Login, LoginSettings, Token};
