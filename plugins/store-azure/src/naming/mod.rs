//! From the name of a secret to its place in Key Vault, and from a name of the vault to secrets.

mod collisions;
mod place;
mod settings;

use std::collections::BTreeMap;

use deployer_core::model::SecretName;
use deployer_core::naming::{NamingWay, Parts, PlaceTemplate};
use deployer_core::traits::WantedSecret;
use deployer_core::{Error, Kind, Result};

use self::collisions::Asked;
pub(crate) use self::place::VaultPlace;
use self::place::{check_name, check_part};
pub(crate) use self::settings::NamesSettings;

/// The places of a store's secrets.
#[derive(Debug)]
pub(crate) struct Naming {
    secret: PlaceTemplate,
    field: Option<PlaceTemplate>,
    names: NamesSettings,
    /// Places that the settings name one by one.
    table: BTreeMap<String, VaultPlace>,
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
        // In a bundle the prefix is one of members, in which anything may stand.
        if *given.way != NamingWay::Bundle
            && let Err(cause) = check_part(given.parts.prefix)
        {
            problems.push(Error::new(Kind::Settings, "`prefix` cannot be used").with_cause(cause));
        }
        let made = given.way.templates(given.parts, check_name).map_err(|found| problems.extend(found));
        let mut table = BTreeMap::new();
        for (name, text) in given.table {
            match VaultPlace::parse(text) {
                Ok(place) => drop(table.insert(name.clone(), place)),
                Err(cause) => problems.push(
                    Error::new(Kind::Settings, format!("`table.{name}` cannot be used"))
                        .with_cause(cause)
                        .with_hint("write `name`, `name/version` or `name#field`"),
                ),
            }
        }
        match made {
            Ok((secret, field)) if problems.is_empty() => {
                Ok(Self { secret, field, names: given.names, table, asked: Asked::default() })
            }
            _ => Err(Error::together(Kind::Settings, "the places of secrets cannot be used", problems)),
        }
    }

    /// The start of all names in the vault, for messages.
    pub(crate) fn shown(&self) -> &str {
        self.secret.start()
    }

    /// The place of a secret.
    ///
    /// # Errors
    /// `Verification` when Key Vault can have no secret of that name, or has it for another secret already.
    pub(crate) fn place(&self, wanted: &WantedSecret) -> Result<VaultPlace> {
        let (place, derived) = match self.table.get(wanted.name.as_str()) {
            Some(place) => (place.clone(), None),
            None => {
                let (place, derived) = self.derive(wanted)?;
                (place, Some(derived))
            }
        };
        self.asked.note(&wanted.name, &place, derived)?;
        Ok(place)
    }

    fn derive(&self, wanted: &WantedSecret) -> Result<(VaultPlace, String)> {
        let derived = self.secret.fill(wanted);
        let dashed: String =
            derived.chars().map(|c| if matches!(c, '_' | '.' | ' ') { '-' } else { c }).collect();
        let name = match self.names {
            NamesSettings::Strict => &derived,
            NamesSettings::Dash => &dashed,
        };
        let refused = |cause: String| {
            Error::new(
                Kind::Verification,
                format!("Key Vault cannot hold a secret named {:?}", wanted.name.as_str()),
            )
            .with_cause(cause)
        };
        if let Err(cause) = check_name(name) {
            let error = refused(format!("the name {name:?} cannot be used: {cause}"));
            let error = match check_name(&dashed) {
                Ok(()) if self.names == NamesSettings::Strict => error
                    .with_hint(format!("store it as {dashed:?} and set `names = \"dash\"`, which writes `-` for `_`, `.` and blanks")),
                _ => error,
            };
            return Err(error.with_hint("or name its place in the store's `table`"));
        }
        let field = self.field.as_ref().map(|field| field.fill(wanted));
        if field.as_deref() == Some("") {
            return Err(refused("the member would have no name".to_owned()));
        }
        Ok((VaultPlace { name: name.clone(), version: None, field }, derived))
    }

    /// # Errors
    /// `Verification` if two secrets map to one place. The store reads nothing then.
    pub(crate) fn check_collisions(&self, location: &str) -> Result<()> {
        if !self.asked.collided() {
            return Ok(());
        }
        Err(Error::new(Kind::Verification, format!("nothing is read from {location}"))
            .with_cause("two secrets of the configuration would be one there"))
    }

    /// Whether a name in the vault proves that a secret is there: not where it is a part of a value, or an old version.
    pub(crate) fn names_prove_presence(&self) -> bool {
        let whole = |place: &VaultPlace| place.field.is_none() && place.version.is_none();
        self.field.is_none() && self.table.values().all(whole)
    }

    /// The secret whose members are the secrets; none where each has a secret of its own.
    pub(crate) fn bundle(&self) -> Option<VaultPlace> {
        self.field.as_ref()?;
        let name = self.secret.constant()?.to_owned();
        Some(VaultPlace { name, version: None, field: None })
    }

    /// The name that a member of the bundle stands for.
    pub(crate) fn name_of_member(&self, member: &str) -> Option<SecretName> {
        self.field.as_ref()?.name_in(member).map(SecretName::new)
    }

    /// The names that a secret of the vault stands for: those that were asked for, and the one that the template gives.
    pub(crate) fn names_of(&self, name: &str) -> Vec<SecretName> {
        let mut names = self.asked.names_of(name);
        let in_table = self.table.iter().filter(|(_, place)| place.name.eq_ignore_ascii_case(name));
        names.extend(in_table.map(|(name, _)| SecretName::new(name.as_str())));
        names.extend(self.secret.name_in(name).map(SecretName::new));
        names.sort();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests;
