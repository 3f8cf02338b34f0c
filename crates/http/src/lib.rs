//! HTTPS as every plugin speaks it.
#![doc = include_str!("../README.md")]

mod client;
mod endpoint;
mod failure;
mod identity;
mod proxies;
mod request;
mod response;
mod secret_url;
mod settings;
mod shared_login;
mod status;
mod trust;

pub use bytes::Bytes;
pub use client::Client;
pub use endpoint::Endpoint;
pub use failure::find_cause;
pub use http::{HeaderMap, Method};
pub use request::{Effect, Request};
pub use response::Response;
pub use secret_url::SecretUrl;
pub use settings::HttpSettings;
pub use shared_login::SharedLogin;
pub use status::{classify, status_error, write_error};
pub use trust::Trust;
pub use url::Url;
