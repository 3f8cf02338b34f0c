//! The store against a fake Key Vault.

mod broken;
mod contract;
mod failures;
mod logins;
mod naming;
mod reading;
mod secrecy;
mod world;
