//! Object storage as a place for state.
#![doc = include_str!("../README.md")]

mod connector;
mod credentials;
mod failure;
mod location;
mod place;
mod service;
mod stores;

pub use credentials::{StorageCredential, StorageLogin};
pub use location::{checked_container, checked_prefix};
pub use place::ObjectPlace;
pub use stores::{Azure, Gcs, S3, Storage};
