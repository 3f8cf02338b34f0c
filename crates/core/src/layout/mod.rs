//! The files of a node, in the layout that Sesam uses in git and in uploads: `node-metadata.conf.json`, `pipes/`, `systems/` and
//! `variables/`, each entity in a file of its own with its name.

mod paths;
mod read;
mod write;

pub use paths::variables_path;
pub use read::Layout;
pub use write::{FileText, node_files};
