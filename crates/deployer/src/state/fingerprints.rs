//! Keyed fingerprints of the secrets that were sent to a target, so that a later run does not re-send them.
//!
//! The file contains a fingerprint only while the value on the node is known. The fingerprints of secrets that are about to be sent are
//! removed before the first write, and written when all steps of the node are done.

use std::collections::BTreeMap;

use deployer_core::model::SecretName;
use deployer_core::{Error, Kind, Result};
use deployer_engine::fingerprint::{FingerprintKey, KeyedFingerprints};
use serde::{Deserialize, Serialize};

use super::names::digest;
use super::storage::Storage;

/// The version of the file's shape.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    /// The epoch of the lease that the file was written under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    target: String,
    /// The fingerprint of the key.
    key: String,
    secrets: BTreeMap<String, String>,
}

/// The first member of every format.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// The fingerprints of a target. Empty if there are none, or they have another key. Then all secrets are sent.
///
/// # Errors
/// When a place that machines share cannot be read, or its object is invalid or of a newer version. Such a file in a folder has no
/// fingerprints.
pub(super) async fn read(storage: &Storage, target: &str, key: &FingerprintKey) -> Result<KeyedFingerprints> {
    let name = name(target);
    let document = match storage.read(&name).await {
        Ok(None) => return Ok(KeyedFingerprints::new()),
        Ok(Some(text)) => parse(&text),
        Err(error) => Err(error),
    };
    let document = match (document, storage) {
        (Ok(document), _) => document,
        (Err(_), Storage::Folder(_)) => return Ok(KeyedFingerprints::new()),
        (Err(error), Storage::Shared(_)) => {
            return Err(error.context(format_args!("read {name} in {}", storage.location())));
        }
    };
    if document.target != target || document.key != key.own() {
        return Ok(KeyedFingerprints::new());
    }
    let secrets = document.secrets.into_iter();
    Ok(secrets.map(|(name, fingerprint)| (SecretName::new(name), fingerprint)).collect())
}

fn parse(text: &str) -> Result<Document> {
    let invalid = |error: serde_json::Error| {
        Error::new(Kind::Unexpected, "invalid fingerprints of secrets").with_cause(error).with_hint(
            "delete the object: the next run sends all secrets and writes it again, or pass --resend-secrets",
        )
    };
    let Format { format } = serde_json::from_str(text).map_err(invalid)?;
    if format != FORMAT {
        let message =
            format!("a newer version wrote the fingerprints of secrets (format {format}, expected {FORMAT})");
        return Err(Error::new(Kind::Refused, message).with_hint("update sesam-deployer"));
    }
    serde_json::from_str(text).map_err(invalid)
}

/// Replaces the fingerprints of a target.
///
/// # Errors
/// As [`Storage::write`].
pub(super) async fn write(
    storage: &Storage,
    target: &str,
    epoch: Option<u64>,
    key: &FingerprintKey,
    fingerprints: &KeyedFingerprints,
) -> Result<()> {
    let secrets = fingerprints.iter().map(|(name, fingerprint)| (name.to_string(), fingerprint.clone()));
    let (target, secrets) = (target.to_owned(), secrets.collect());
    let document = Document { format: FORMAT, epoch, key: key.own(), secrets, target };
    let text = serde_json::to_string_pretty(&document).expect("texts and numbers can be written");
    storage.write(&name(&document.target), &(text + "\n"), epoch).await
}

fn name(target: &str) -> String {
    format!("secrets-{}.json", digest(target))
}

#[cfg(test)]
mod tests {
    use deployer_core::SecretValue;

    use super::*;

    #[tokio::test]
    async fn fingerprints_are_valid_for_their_target_and_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::Folder(folder.path().to_owned());
        let key = |text: &str| FingerprintKey::new(SecretValue::new(text)).unwrap();
        let (one, other) = (key("0123456789abcdef"), key("fedcba9876543210"));
        let sent = one.fingerprints("here", &[("a".into(), SecretValue::new("value"))].into());
        write(&storage, "here", None, &one, &sent).await.unwrap();
        assert_eq!(read(&storage, "here", &one).await.unwrap(), sent);
        assert!(read(&storage, "there", &one).await.unwrap().is_empty());
        assert!(read(&storage, "here", &other).await.unwrap().is_empty());
        std::fs::write(folder.path().join(name("here")), "{").unwrap();
        assert!(read(&storage, "here", &one).await.unwrap().is_empty());
    }
}
