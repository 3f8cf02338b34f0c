//! The targets of a run, and the names of files.

use std::collections::BTreeMap;

use deployer_core::model::NodeName;

/// Where nodes are deployed to, by node.
pub(crate) type Targets = BTreeMap<NodeName, String>;

/// The first twelve hexadecimal digits of a text's SHA-256, for names of files.
pub(super) fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
