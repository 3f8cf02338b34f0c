//! The files of a run that hold credentials or secrets.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The files from which a run reads credentials and secrets. Clones share one list.
///
/// A source never returns these files as configuration: their content would reach the node, and messages would quote it.
#[derive(Debug, Clone, Default)]
pub struct SecretFiles(Arc<Mutex<BTreeSet<PathBuf>>>);

impl SecretFiles {
    /// Adds a file. A plugin adds every file that it reads secrets from when it is built.
    pub fn add(&self, path: impl Into<PathBuf>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into());
    }

    /// The paths of the files, in order.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
