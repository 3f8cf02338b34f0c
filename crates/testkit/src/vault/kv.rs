//! The key-value engines, versions 1 and 2.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::VaultAnswer;

const CREATED: &str = "2026-01-01T00:00:00.000000000Z";
const DELETED: &str = "2026-01-02T00:00:00.000000000Z";
const WRONG_VERSION: &str = "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API \
                             endpoints to use. If using the Vault CLI, use 'vault kv get' for this operation.";

/// The version of a key-value engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvVersion {
    /// Fields directly below the mount; no versions.
    One,
    /// Versioned, below `data/` and `metadata/`.
    Two,
}

#[derive(Debug, Clone)]
struct Version {
    fields: Map<String, Value>,
    deleted: bool,
    destroyed: bool,
}

/// One mounted engine: the versions of its secrets by path.
#[derive(Debug)]
pub(super) struct Engine {
    version: KvVersion,
    secrets: BTreeMap<String, Vec<Version>>,
}

impl Engine {
    pub(super) fn new(version: KvVersion) -> Self {
        Self { version, secrets: BTreeMap::new() }
    }

    pub(super) fn version(&self) -> &'static str {
        match self.version {
            KvVersion::One => "1",
            KvVersion::Two => "2",
        }
    }

    pub(super) fn put(&mut self, path: &str, fields: Map<String, Value>) {
        let versions = self.secrets.entry(path.trim_matches('/').to_owned()).or_default();
        if self.version == KvVersion::One {
            versions.clear();
        }
        versions.push(Version { fields, deleted: false, destroyed: false });
    }

    pub(super) fn delete(&mut self, path: &str) {
        match self.version {
            KvVersion::One => {
                self.secrets.remove(path);
            }
            KvVersion::Two => self.newest(path, |version| version.deleted = true),
        }
    }

    pub(super) fn destroy(&mut self, path: &str) {
        self.newest(path, |version| version.destroyed = true);
    }

    fn newest(&mut self, path: &str, change: impl FnOnce(&mut Version)) {
        if let Some(version) = self.secrets.get_mut(path).and_then(|versions| versions.last_mut()) {
            change(version);
        }
    }

    /// Answers a request for a path below the mount. `asked` is the number in `?version=`.
    pub(super) fn answer(&self, method: &str, path: &str, asked: Option<usize>) -> VaultAnswer {
        match (self.version, method, path.split_once('/')) {
            (KvVersion::One, "GET", _) => self.read_one(path),
            (KvVersion::One, "LIST", _) => self.list(path),
            (KvVersion::Two, "GET", Some(("data", path))) => self.read_two(path, asked, Self::values),
            (KvVersion::Two, "GET", Some(("subkeys", path))) => self.read_two(path, asked, Self::names),
            (KvVersion::Two, "GET", Some(("metadata", path))) => self.metadata(path),
            (KvVersion::Two, "LIST", Some(("metadata", folder))) => self.list(folder),
            (KvVersion::Two, "LIST", None) if path == "metadata" => self.list(""),
            (KvVersion::Two, "GET" | "LIST", _) => {
                VaultAnswer::envelope(StatusCode::NOT_FOUND, json!({ "warnings": [WRONG_VERSION] }))
            }
            _ => VaultAnswer::unsupported(),
        }
    }

    fn read_one(&self, path: &str) -> VaultAnswer {
        match self.secrets.get(path).and_then(|versions| versions.last()) {
            Some(version) => VaultAnswer::envelope(
                StatusCode::OK,
                json!({ "data": version.fields, "lease_duration": 2_764_800, "mount_type": "kv" }),
            ),
            None => VaultAnswer::missing(),
        }
    }

    fn read_two(
        &self,
        path: &str,
        asked: Option<usize>,
        show: fn(&Version) -> (&'static str, Value),
    ) -> VaultAnswer {
        let versions = self.secrets.get(path).map_or(&[][..], Vec::as_slice);
        let number = asked.filter(|asked| *asked > 0).unwrap_or(versions.len());
        let Some(version) = number.checked_sub(1).and_then(|index| versions.get(index)) else {
            return VaultAnswer::missing();
        };
        let gone = version.deleted || version.destroyed;
        let (name, shown) = show(version);
        let data = json!({
            name: if gone { Value::Null } else { shown },
            "metadata": {
                "created_time": CREATED, "custom_metadata": null, "deletion_time": deletion_time(version),
                "destroyed": version.destroyed, "version": number,
            },
        });
        let status = if gone { StatusCode::NOT_FOUND } else { StatusCode::OK };
        VaultAnswer::envelope(status, json!({ "data": data, "mount_type": "kv" }))
    }

    fn values(version: &Version) -> (&'static str, Value) {
        ("data", Value::Object(version.fields.clone()))
    }

    fn names(version: &Version) -> (&'static str, Value) {
        ("subkeys", version.fields.keys().map(|name| (name.clone(), Value::Null)).collect())
    }

    fn metadata(&self, path: &str) -> VaultAnswer {
        let Some(versions) = self.secrets.get(path) else { return VaultAnswer::missing() };
        let described: Map<String, Value> = versions
            .iter()
            .enumerate()
            .map(|(index, version)| {
                let about = json!({
                    "created_time": CREATED, "deletion_time": deletion_time(version), "destroyed": version.destroyed,
                });
                ((index + 1).to_string(), about)
            })
            .collect();
        VaultAnswer::data(json!({
            "cas_required": false, "created_time": CREATED, "current_version": versions.len(),
            "custom_metadata": null, "delete_version_after": "0s", "max_versions": 0, "oldest_version": 0,
            "updated_time": CREATED, "versions": described,
        }))
    }

    /// The names directly below a folder; those of folders end in `/`. Deleted secrets of version 2 are listed too.
    fn list(&self, folder: &str) -> VaultAnswer {
        let folder = folder.trim_matches('/');
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let names: BTreeSet<String> = self
            .secrets
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .map(|rest| rest.split_once('/').map_or(rest.to_owned(), |(name, _)| format!("{name}/")))
            .collect();
        if names.is_empty() { VaultAnswer::missing() } else { VaultAnswer::data(json!({ "keys": names })) }
    }
}

fn deletion_time(version: &Version) -> &'static str {
    if version.deleted { DELETED } else { "" }
}
