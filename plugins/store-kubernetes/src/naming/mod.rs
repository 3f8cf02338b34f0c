//! From the name of a secret to its place in a namespace, and from a Secret to secrets.

mod collisions;
mod place;

use std::collections::BTreeMap;

use deployer_core::model::SecretName;
use deployer_core::naming::{NamingWay, Parts, PlaceTemplate};
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::traits::WantedSecret;
use deployer_core::{Error, Kind, Result};
use deployer_kubernetes::{check_name, check_part};
use serde::Deserialize;

use self::collisions::Asked;
pub(crate) use self::place::Place;
use self::place::check_key;

/// How to treat characters that the name of a Secret can't have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamesSettings {
    /// They are rejected.
    #[default]
    Strict,
    /// `_`, `.` and blanks become `-`, and capitals small letters.
    Dash,
}

/// The places of a store's secrets.
#[derive(Debug)]
pub(crate) struct Naming {
    secret: PlaceTemplate,
    /// The key in the Secret.
    key: PlaceTemplate,
    names: NamesSettings,
    /// Places that the settings name one by one.
    table: BTreeMap<String, Place>,
    asked: Asked,
}

/// The parts of the settings that name secrets.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) way: &'a NamingWay,
    pub(crate) parts: Parts<'a>,
    pub(crate) names: NamesSettings,
    pub(crate) table: &'a BTreeMap<String, String>,
}

impl Naming {
    /// # Errors
    /// `Settings`, with all problems, when prefix, path, field, template or a place of the table cannot be used.
    pub(crate) fn new(given: &Given<'_>) -> Result<Self> {
        let mut problems = Vec::new();
        let mut refuse = |setting: &str, cause: &str| {
            problems.push(
                Error::new(Kind::Settings, format!("`{setting}` cannot be used"))
                    .with_cause(cause.to_owned()),
            );
        };
        // In a bundle the prefix is one of keys.
        if *given.way != NamingWay::Bundle
            && let Err(cause) = check_part(given.parts.prefix)
        {
            refuse("prefix", cause);
        }
        let mut table = BTreeMap::new();
        for (name, text) in given.table {
            match Place::parse(text) {
                Ok(place) => drop(table.insert(name.clone(), place)),
                Err(cause) => refuse(&format!("table.{name}"), cause),
            }
        }
        let made = given.way.templates(given.parts, check_name);
        if matches!(made, Ok((_, None))) {
            refuse("naming.template", "it names no key; write `secret#key`");
        }
        match made {
            Ok((secret, Some(key))) if problems.is_empty() => {
                Ok(Self { secret, key, names: given.names, table, asked: Asked::default() })
            }
            made => {
                problems.extend(made.err().into_iter().flatten());
                Err(Error::together(Kind::Settings, "the places of secrets cannot be used", problems))
            }
        }
    }

    /// The start of all names, for messages.
    pub(crate) fn shown(&self) -> &str {
        self.secret.start()
    }

    /// The place of a secret.
    ///
    /// # Errors
    /// `Verification` when Kubernetes can have no Secret of that name, or when the name leads to the place of another secret.
    pub(crate) fn place(&self, wanted: &WantedSecret) -> Result<Place> {
        if let Some(place) = self.table.get(wanted.name.as_str()) {
            return Ok(place.clone());
        }
        let derived = Place { name: self.secret.fill(wanted), key: self.key.fill(wanted) };
        let dashed: String = derived.name.chars().map(dash).collect();
        let name = match self.names {
            NamesSettings::Strict => &derived.name,
            NamesSettings::Dash => &dashed,
        };
        let refused = |cause: String| {
            let secret = wanted.name.as_str();
            Error::new(Kind::Verification, format!("Kubernetes can't have a secret named {secret:?}"))
                .with_cause(cause)
        };
        if let Err(cause) = check_name(name) {
            let error = refused(format!("the name {name:?} is invalid: {cause}"));
            let error = match check_name(&dashed) {
                Ok(()) if self.names == NamesSettings::Strict => error.with_hint(format!(
                    "store it as {dashed:?} and set `names = \"dash\"`, which writes `-` for `_`, `.` and blanks, and small letters"
                )),
                _ => error,
            };
            return Err(error.with_hint("or name its place in the store's `table`"));
        }
        if let Err(cause) = check_key(&derived.key) {
            let error = refused(format!("the key {:?} is invalid: {cause}", derived.key));
            return Err(error.with_hint("name its place in the store's `table`"));
        }
        let place = Place { name: name.clone(), key: derived.key.clone() };
        self.asked.note(&place, &derived)?;
        Ok(place)
    }

    /// # Errors
    /// `Verification` if two secrets lead to one place. The store reads nothing then.
    pub(crate) fn check_collisions(&self, location: &str) -> Result<()> {
        if !self.asked.collided() {
            return Ok(());
        }
        Err(Error::new(Kind::Verification, format!("nothing is read from {location}"))
            .with_cause("two secrets of the configuration would be one there"))
    }

    /// The Secret whose keys are the secrets; none where each has a Secret of its own.
    pub(crate) fn bundle(&self) -> Option<&str> {
        self.secret.constant()
    }

    /// The secret that a key of the bundle is.
    pub(crate) fn name_of_key(&self, key: &str) -> Option<SecretName> {
        self.key.name_in(key).map(SecretName::new)
    }

    /// The secrets in a Secret of this name.
    pub(crate) fn names_of(&self, name: &str) -> Vec<SecretName> {
        let in_table = self.table.iter().filter(|(_, place)| place.name == name);
        let mut names: Vec<_> = in_table.map(|(name, _)| SecretName::new(name.as_str())).collect();
        names.extend(self.secret.name_in(name).map(SecretName::new));
        names
    }
}

fn dash(c: char) -> char {
    if matches!(c, '_' | '.' | ' ') { '-' } else { c.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests;
