//! The notifier against a receiver that keeps what it takes, and what it sends against programs of others.

mod clients;
mod contract;
mod receiver;
mod settings;
