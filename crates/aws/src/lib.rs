//! The login to AWS, for the plugins that use its services.
#![doc = include_str!("../README.md")]

mod access;
mod connector;
mod errors;
mod identity;
mod login;

pub use access::{Access, client};
pub use errors::{credentials, find, no_region, renamed, told};
pub use login::{identity, load};
