//! Secrets of the configuration that map to one secret of the vault.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deployer_core::model::SecretName;
use deployer_core::{Error, Kind, Result};

use super::place::VaultPlace;

/// The secrets that were asked for so far, by place.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    places: BTreeMap<(String, Option<String>, Option<String>), Vec<Entry>>,
    collided: bool,
}

#[derive(Debug)]
struct Entry {
    name: SecretName,
    /// The place before characters were replaced; `None` for an entry of the table, which is a decision of the author.
    derived: Option<String>,
}

impl Asked {
    /// Notes that a secret is at a place. `derived` is the place as it was before characters were replaced.
    ///
    /// # Errors
    /// `Verification` when a secret of another name was brought to the same place.
    pub(super) fn note(&self, name: &SecretName, place: &VaultPlace, derived: Option<String>) -> Result<()> {
        let mut state = self.lock();
        let entries = state.places.entry(place.identity()).or_default();
        if let Some(derived) = &derived {
            let other =
                entries.iter().find(|entry| entry.derived.as_ref().is_some_and(|other| other != derived));
            if let Some(other) = other {
                let other = other.derived.clone().unwrap_or_default();
                state.collided = true;
                return Err(collision(&other, derived, place));
            }
        }
        if !entries.iter().any(|entry| entry.name == *name && entry.derived == derived) {
            entries.push(Entry { name: name.clone(), derived });
        }
        Ok(())
    }

    /// Whether two secrets came to one place.
    pub(super) fn collided(&self) -> bool {
        self.lock().collided
    }

    /// The secrets that were asked for and lie, as a whole and in the newest version, under a name of the vault.
    pub(super) fn names_of(&self, name: &str) -> Vec<SecretName> {
        let identity = (name.to_ascii_lowercase(), None, None);
        let state = self.lock();
        let entries = state.places.get(&identity).into_iter().flatten();
        entries.map(|entry| entry.name.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn collision(one: &str, other: &str, place: &VaultPlace) -> Error {
    let (one, other) = if one < other { (one, other) } else { (other, one) };
    let why = if one.eq_ignore_ascii_case(other) {
        "names in Key Vault ignore case"
    } else {
        "`names = \"dash\"` writes `-` for `_`, `.` and blanks"
    };
    Error::new(Kind::Verification, format!("{one:?} and {other:?} would be one secret in Key Vault"))
        .with_cause(format!("both are {place}: {why}"))
        .with_hint("rename one of them, or give it a place of its own in the store's `table`")
}
