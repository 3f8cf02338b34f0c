#![doc = include_str!("../README.md")]

pub mod answers;
pub mod azure;
mod build;
pub mod canary;
pub mod contract;
pub mod emulate;
pub mod fakes;
pub mod gcp;
pub mod git;
pub mod go;
pub mod images;
pub mod kubernetes;
pub mod log;
pub mod npm;
pub mod place;
mod process;
mod provision;
pub mod python;
pub mod server;
pub mod services;
pub mod slack;
pub mod states;
pub mod vault;
pub mod world;

use std::path::{Path, PathBuf};

/// The crate that [`server`] serves routers of.
pub use axum;
pub use build::{BuiltFrom, build};
/// The engine, for tests of plugins: plugins themselves do not depend on it.
pub use deployer_engine as engine;
pub use provision::{skip, skip_or_fail};

/// The folder of shared references and recorded cases: what `DEPLOYER_SHARED` names, else `shared` beside the
/// workspace. `None` when there is no such folder.
pub fn shared_dir() -> Option<PathBuf> {
    let beside =
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).map(|above| above.join("shared"));
    let folder = std::env::var_os("DEPLOYER_SHARED").map(PathBuf::from).or_else(beside)?;
    folder.is_dir().then_some(folder)
}
