//! The secrets of a project.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::GoogleAnswer;

/// The number of the project, which answers contain in place of its ID.
pub(super) const PROJECT_NUMBER: &str = "123456789012";

/// Secrets by the place that they are in and their name: names have capitals.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<(Option<String>, String), Secret>);

#[derive(Debug, Default)]
pub(super) struct Secret {
    versions: Vec<Version>,
    pub(super) aliases: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct Version {
    data: Vec<u8>,
    state: &'static str,
}

impl Secrets {
    /// Adds a version, and returns its number.
    pub(super) fn put(&mut self, location: Option<&str>, name: &str, data: &[u8]) -> usize {
        let secret = self.0.entry((location.map(str::to_owned), name.to_owned())).or_default();
        secret.versions.push(Version { data: data.to_vec(), state: "ENABLED" });
        secret.versions.len()
    }

    /// A global secret that was planted.
    pub(super) fn planted(&mut self, name: &str) -> &mut Secret {
        let secret = self.0.get_mut(&(None, name.to_owned()));
        secret.unwrap_or_else(|| panic!("{name} was not planted"))
    }

    /// The names of all secrets of a location.
    pub(super) fn names(&self, location: Option<&str>) -> Vec<&str> {
        let here = self.0.keys().filter(|(place, _)| place.as_deref() == location);
        here.map(|(_, name)| name.as_str()).collect()
    }

    /// What the service answers about a version.
    pub(super) fn access(&self, location: Option<&str>, name: &str, version: &str) -> GoogleAnswer {
        let resource = resource(location, name);
        let secret = self.0.get(&(location.map(str::to_owned), name.to_owned()));
        let Some(secret) = secret.filter(|secret| !secret.versions.is_empty()) else {
            return GoogleAnswer::missing(&format!("Secret [{resource}] not found or has no versions."));
        };
        let number = match version {
            "latest" => Some(secret.versions.len()),
            alias => secret.aliases.get(alias).copied().or_else(|| alias.parse().ok()),
        };
        let full =
            format!("{resource}/versions/{}", number.map_or(version.to_owned(), |number| number.to_string()));
        let found = number.and_then(|number| secret.versions.get(number.checked_sub(1)?));
        match found {
            None => GoogleAnswer::missing(&format!("Secret Version [{full}] not found.")),
            Some(Version { state: "ENABLED", data }) => {
                GoogleAnswer::data(json!({ "name": full, "payload": { "data": STANDARD.encode(data) } }))
            }
            Some(Version { state, .. }) => GoogleAnswer::in_state(&full, state),
        }
    }
}

impl Secret {
    /// Puts the newest version into a state.
    pub(super) fn set(&mut self, state: &'static str) {
        let version = self.versions.last_mut().expect("a planted secret has a version");
        version.state = state;
    }
}

/// The full name of a secret, with the number of the project as the service writes it.
fn resource(location: Option<&str>, name: &str) -> String {
    let location = location.map(|location| format!("/locations/{location}")).unwrap_or_default();
    format!("projects/{}{location}/secrets/{name}", PROJECT_NUMBER)
}

/// What a list says of a secret: no value.
pub(super) fn item(location: Option<&str>, name: &str) -> Value {
    json!({ "name": resource(location, name), "replication": { "automatic": {} }, "createTime": "2026-01-01T00:00:00Z" })
}
