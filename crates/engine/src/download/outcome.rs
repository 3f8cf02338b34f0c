//! The files that change.

use std::collections::BTreeMap;

use deployer_core::error::Note;

/// What changes in the files.
#[derive(Debug, Default)]
pub struct Download {
    /// The files that change, by their path below the root of the source: the new text, or `None` for a file that is removed.
    pub files: BTreeMap<String, Option<String>>,
    /// The entities and variables that left the nodes, in words.
    pub removals: Vec<String>,
    /// What is left out, and why.
    pub notes: Vec<Note>,
}

/// A path below a folder, which is empty for the root.
pub(super) fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}
