//! The login to Kubernetes, for the plugins that use its API.
#![doc = include_str!("../README.md")]

mod access;
mod login;
mod names;
mod refusal;

pub use access::Namespace;
pub use login::LoginSettings;
pub use names::{check_name, check_part};
pub use refusal::Refusal;
