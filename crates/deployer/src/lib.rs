//! The program `sesam-deployer` as a library: arguments, settings, the plugin table, output.
//!
//! A program with a plugin of one's own is a few lines:
//!
//! ```no_run
//! # use deployer_core::plugin::Plugin;
//! fn run(acme_store: &'static Plugin) -> std::process::ExitCode {
//!     sesam_deployer::Program::default().with(acme_store).run()
//! }
//! ```

pub mod cli;
mod commands;
mod exit;
pub mod output;
pub mod plugins;
mod program;
mod session;
pub mod settings;
mod signals;

pub use exit::Exit;
pub use program::Program;
