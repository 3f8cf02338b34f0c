//! The files of a node, in the layout that Sesam uses in git and in uploads: `node-metadata.conf.json`, `pipes/`, `systems/` and
//! `variables/`, each entity in a file of its own with its name.

mod read;
mod write;

pub use read::Layout;
pub use write::{FileText, node_files};

/// The path of the variables file of an environment.
pub fn variables_path(environment: &str) -> String {
    format!("variables/variables-{environment}.json")
}
