//! The secrets of a vault.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// How long a deleted secret can be recovered, in seconds.
const RECOVERABLE: u64 = 90 * 24 * 3600;

/// Secrets by name in small letters: names are case-insensitive.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    secrets: BTreeMap<String, Secret>,
    written: u32,
}

#[derive(Debug)]
pub(super) struct Secret {
    /// As it was written first.
    name: String,
    versions: Vec<Version>,
    deleted: Option<u64>,
}

/// One version of a secret.
#[derive(Debug)]
pub(super) struct Version {
    id: String,
    value: String,
    created: u64,
    pub(super) enabled: bool,
    pub(super) expires: Option<i64>,
    pub(super) starts: Option<i64>,
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

impl Secrets {
    pub(super) fn put(&mut self, name: &str, value: &str) -> String {
        self.written += 1;
        let id = format!("{:032x}", self.written);
        let version = Version {
            id: id.clone(),
            value: value.to_owned(),
            created: now(),
            enabled: true,
            expires: None,
            starts: None,
        };
        let new = || Secret { name: name.to_owned(), versions: Vec::new(), deleted: None };
        self.secrets.entry(name.to_ascii_lowercase()).or_insert_with(new).versions.push(version);
        id
    }

    /// The newest version of a secret that was planted.
    pub(super) fn newest(&mut self, name: &str) -> &mut Version {
        let secret = self.secrets.get_mut(&name.to_ascii_lowercase());
        secret
            .and_then(|secret| secret.versions.last_mut())
            .unwrap_or_else(|| panic!("{name} was not planted"))
    }

    pub(super) fn delete(&mut self, name: &str) {
        let secret = self.secrets.get_mut(&name.to_ascii_lowercase());
        secret.unwrap_or_else(|| panic!("{name} was not planted")).deleted = Some(now());
    }

    /// A version of a secret, the newest one without an id.
    pub(super) fn get(&self, name: &str, id: &str) -> Option<(&Secret, &Version)> {
        let secret =
            self.secrets.get(&name.to_ascii_lowercase()).filter(|secret| secret.deleted.is_none())?;
        let version = match id {
            "" => secret.versions.last(),
            id => secret.versions.iter().find(|version| version.id == id),
        };
        Some((secret, version?))
    }

    pub(super) fn deleted(&self, name: &str) -> Option<&Secret> {
        self.secrets.get(&name.to_ascii_lowercase()).filter(|secret| secret.deleted.is_some())
    }

    /// Those that are not deleted, in order of their names.
    pub(super) fn listed(&self) -> Vec<&Secret> {
        self.secrets.values().filter(|secret| secret.deleted.is_none()).collect()
    }
}

impl Secret {
    /// What a list says of it: no value.
    pub(super) fn item(&self, origin: &str) -> Value {
        let attributes = self.versions.last().map(Version::attributes);
        json!({ "id": format!("{origin}/secrets/{}", self.name), "attributes": attributes, "tags": {} })
    }

    pub(super) fn with_value(&self, version: &Version, origin: &str) -> Value {
        json!({
            "value": version.value, "id": format!("{origin}/secrets/{}/{}", self.name, version.id),
            "attributes": version.attributes(), "tags": {},
        })
    }

    pub(super) fn without_value(&self, origin: &str) -> Value {
        let deleted = self.deleted.unwrap_or_default();
        let mut item = self.item(origin);
        item["recoveryId"] = json!(format!("{origin}/deletedsecrets/{}", self.name));
        item["deletedDate"] = json!(deleted);
        item["scheduledPurgeDate"] = json!(deleted + RECOVERABLE);
        item
    }
}

impl Version {
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    fn attributes(&self) -> Value {
        let mut attributes = json!({
            "enabled": self.enabled, "created": self.created, "updated": self.created,
            "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
        });
        if let Some(expires) = self.expires {
            attributes["exp"] = json!(expires);
        }
        if let Some(starts) = self.starts {
            attributes["nbf"] = json!(starts);
        }
        attributes
    }
}
