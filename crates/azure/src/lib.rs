//! The login to Azure, for the plugins that use its services.
#![doc = include_str!("../README.md")]

mod cloud;
mod credential;
mod login;
mod refusal;
mod transport;
mod words;

pub use cloud::{Cloud, login_service, secure};
pub use credential::Known;
pub use login::{LoginSettings, Means};
pub use transport::{Peer, client_options, foreign};
pub use words::{check_object, complaint, lines};
