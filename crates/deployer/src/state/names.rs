//! The targets of a run, and the names of files.

use std::collections::BTreeMap;

use deployer_core::model::NodeName;

/// Where nodes are deployed to, by node.
pub(crate) type Targets = BTreeMap<NodeName, String>;

/// The name of a text in names of files.
pub(super) fn digest(text: &str) -> String {
    crate::digest::digest([text])
}
