//! The store, against a fake Secret Manager that Google's own client drives too.

mod contract;
mod failures;
mod logins;
mod reading;
mod settings;
mod world;
