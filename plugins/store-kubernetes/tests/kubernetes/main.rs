//! The store, against a fake API server that the official Python client drives too.

mod contract;
mod logins;
mod reading;
mod settings;
mod world;
