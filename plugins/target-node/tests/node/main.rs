//! The target against the embedded node and against servers that fail.

mod common;
mod data;
mod deploy;
mod refusals;
mod settings;
mod settling;
