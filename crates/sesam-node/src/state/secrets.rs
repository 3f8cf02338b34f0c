//! The global secrets of a node, and the secrets of its systems.

use std::collections::BTreeMap;

use secrecy::SecretString;

/// Values by name.
pub(crate) type SecretMap = BTreeMap<String, SecretString>;

/// All secrets. The service API never returns their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    global: SecretMap,
    systems: BTreeMap<String, SecretMap>,
}

impl Secrets {
    pub(crate) fn new(global: SecretMap, systems: BTreeMap<String, SecretMap>) -> Self {
        Self { global, systems }
    }

    /// The global secrets, or those of a system.
    pub(crate) fn of(&self, system: Option<&str>) -> Option<&SecretMap> {
        match system {
            None => Some(&self.global),
            Some(id) => self.systems.get(id),
        }
    }

    pub(crate) fn of_mut(&mut self, system: Option<&str>) -> &mut SecretMap {
        match system {
            None => &mut self.global,
            Some(id) => self.systems.entry(id.to_owned()).or_default(),
        }
    }

    /// The names, sorted.
    pub(crate) fn names(&self, system: Option<&str>) -> Vec<String> {
        self.of(system).map(|secrets| secrets.keys().cloned().collect()).unwrap_or_default()
    }

    /// Whether a secret of this name exists for a system.
    pub(crate) fn is_defined_for(&self, system: &str, name: &str) -> bool {
        self.of(Some(system)).is_some_and(|secrets| secrets.contains_key(name))
            || self.global.contains_key(name)
    }

    /// The systems that have secrets of their own.
    pub(crate) fn systems(&self) -> impl Iterator<Item = &str> {
        self.systems.keys().map(String::as_str)
    }

    /// Removes the secrets of all other systems.
    pub(crate) fn retain_systems(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.systems.retain(|id, _| is_kept(id));
    }
}
