//! The program `sesam-deployer` as a library.
#![doc = include_str!("../README.md")]

#[cfg(feature = "watch")]
mod autodeployer;
mod choices;
pub mod cli;
mod commands;
mod delivery;
mod digest;
mod drawable;
mod exit;
mod explained;
mod files;
pub mod gallery;
pub mod output;
pub mod plugins;
mod processes;
mod program;
mod saved;
pub mod schema;
mod session;
pub mod settings;
mod signals;
mod state;
mod tested;
pub mod version;
#[cfg(feature = "watch")]
mod watching;

pub use exit::Exit;
pub use program::Program;
