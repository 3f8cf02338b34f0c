//! What the end-to-end tests, the demo and the benchmark share.

pub mod bench;
pub mod checks;
pub mod demo;
pub mod faults;
pub mod generate;
pub mod golden;
pub mod load;
pub mod pair;
pub mod place;
pub mod races;
pub mod scene;
mod settings_file;
pub mod state;
pub mod terminal;
pub mod watching;

use std::path::PathBuf;

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}
