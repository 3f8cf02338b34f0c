//! The list of files.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The answer of the service to `GET /`.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    /// The revision of the files.
    pub(crate) revision: String,
    /// Paths with `/`.
    pub(crate) files: BTreeSet<String>,
}
