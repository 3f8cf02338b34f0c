//! The notifier against a fake Slack, servers that fail, and a mock made by others.

mod common;
mod contract;
mod delivery;
mod failures;
mod settings;
mod stranger;
mod webhook;
