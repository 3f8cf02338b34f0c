//! The targets of a run, and the names of files.

use std::collections::BTreeMap;

use deployer_core::model::NodeName;

/// Where nodes are deployed to, by node.
pub(crate) type Targets = BTreeMap<NodeName, String>;

/// The targets in their order. Nodes that share a target, such as two folders of one branch, share its lock.
pub(super) fn by_target(targets: &Targets) -> BTreeMap<&String, &NodeName> {
    targets.iter().map(|(node, target)| (target, node)).collect()
}

/// The longest name that a person gives.
pub(super) const LONGEST: usize = 150;

/// Whether a text can stand in the name of a file or an object.
pub(super) fn is_simple(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_plain)
}

/// The name of a text in names of files.
pub(super) fn digest(text: &str) -> String {
    crate::digest::digest([text])
}
