//! Keyed fingerprints of the secrets that were sent to a target, so that a later run does not re-send them.
//!
//! The file contains a fingerprint only while the value on the node is known. The fingerprints of secrets that are about to be sent are
//! removed before the first write, and written when all steps of the node are done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_core::Result;
use deployer_core::model::SecretName;
use deployer_engine::fingerprint::{FingerprintKey, KeyedFingerprints};
use serde::{Deserialize, Serialize};

use super::names::digest;
use crate::files as private;

/// The version of the file's shape.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    target: String,
    /// The fingerprint of the key.
    key: String,
    secrets: BTreeMap<String, String>,
}

/// The fingerprints of a target. Empty if the file is missing or has another version or key. Then all secrets are sent.
pub(super) fn read(folder: &Path, target: &str, key: &FingerprintKey) -> KeyedFingerprints {
    let text = private::read_own(&file(folder, target)).unwrap_or_default();
    match serde_json::from_str::<Document>(&text) {
        Ok(document)
            if document.format == FORMAT && document.target == target && document.key == key.own() =>
        {
            document
                .secrets
                .into_iter()
                .map(|(name, fingerprint)| (SecretName::new(name), fingerprint))
                .collect()
        }
        _ => KeyedFingerprints::new(),
    }
}

/// Replaces the fingerprints of a target.
///
/// # Errors
/// `Io` when the file cannot be written.
pub(super) fn write(
    folder: &Path,
    target: &str,
    key: &FingerprintKey,
    fingerprints: &KeyedFingerprints,
) -> Result<()> {
    let secrets = fingerprints.iter().map(|(name, fingerprint)| (name.to_string(), fingerprint.clone()));
    let document =
        Document { format: FORMAT, target: target.to_owned(), key: key.own(), secrets: secrets.collect() };
    let text = serde_json::to_string_pretty(&document).expect("texts and numbers can be written");
    private::write(&file(folder, target), &(text + "\n"))
}

fn file(folder: &Path, target: &str) -> PathBuf {
    folder.join(format!("secrets-{}.json", digest(target)))
}

#[cfg(test)]
mod tests {
    use deployer_core::SecretValue;

    use super::*;

    #[test]
    fn fingerprints_are_valid_for_their_target_and_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let key = |text: &str| FingerprintKey::new(SecretValue::new(text)).unwrap();
        let (one, other) = (key("0123456789abcdef"), key("fedcba9876543210"));
        let sent = one.fingerprints("here", &[("a".into(), SecretValue::new("value"))].into());
        write(folder.path(), "here", &one, &sent).unwrap();
        assert_eq!(read(folder.path(), "here", &one), sent);
        assert!(read(folder.path(), "there", &one).is_empty());
        assert!(read(folder.path(), "here", &other).is_empty());
        std::fs::write(file(folder.path(), "here"), "{").unwrap();
        assert!(read(folder.path(), "here", &one).is_empty());
    }
}
