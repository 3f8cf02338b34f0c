//! The notifier against a fake flow, and its cards against the official parser.

mod common;
mod contract;
mod parser;
mod settings;
