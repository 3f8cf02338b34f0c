//! The parts of a node that a file does not store completely.

use std::collections::BTreeSet;

/// The parts of a node in a file whose secret values are masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masked {
    /// The `_id`s of entities.
    pub entities: BTreeSet<String>,
    /// The names of variables.
    pub variables: BTreeSet<String>,
}

impl Masked {
    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty() && self.variables.is_empty()
    }

    /// The masked parts in words: `pipe-a, variable host`.
    pub(super) fn names(&self) -> String {
        let variables = self.variables.iter().map(|name| format!("variable {name}"));
        self.entities.iter().cloned().chain(variables).collect::<Vec<_>>().join(", ")
    }
}
