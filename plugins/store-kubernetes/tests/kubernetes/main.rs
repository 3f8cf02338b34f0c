//! The store, against the real API server, and a fake one that the official Python client drives too.

mod contract;
mod logins;
mod reading;
mod real;
mod settings;
mod world;
