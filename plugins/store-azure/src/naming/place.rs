//! The place of a secret in a vault.

use std::fmt;

/// A secret of the vault, one of its versions, and a member of its value: `name/version#field`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct VaultPlace {
    /// The name in Key Vault.
    pub(crate) name: String,
    /// The pinned version; the newest one when there is none.
    pub(crate) version: Option<String>,
    /// The member of the JSON object that the value is; the whole value when there is none.
    pub(crate) field: Option<String>,
}

impl VaultPlace {
    /// Reads `name`, `name/version`, and either with `#field`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (secret, field) = match text.split_once('#') {
            Some((_, "")) => return Err("there is no field behind `#`"),
            Some((secret, field)) => (secret, Some(field.to_owned())),
            None => (text, None),
        };
        let (name, version) = match secret.split_once('/') {
            Some((name, version)) => (name, Some(version)),
            None => (secret, None),
        };
        check_name(name)?;
        if let Some(version) = version {
            check_version(version)?;
        }
        Ok(Self { name: name.to_owned(), version: version.map(str::to_owned), field })
    }

    /// Equal for places that are the same: names in Key Vault ignore case.
    pub(super) fn identity(&self) -> (String, Option<String>, Option<String>) {
        (self.name.to_ascii_lowercase(), self.version.clone(), self.field.clone())
    }
}

impl fmt::Display for VaultPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(version) = &self.version {
            write!(f, "/{version}")?;
        }
        if let Some(field) = &self.field {
            write!(f, "#{field}")?;
        }
        Ok(())
    }
}

/// Whether Key Vault can have a secret of this name
/// (<https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers>). It also stands in
/// URLs as it is.
pub(super) fn check_name(name: &str) -> Result<(), &'static str> {
    match name.len() {
        0 => Err("it is empty"),
        1..=127 => check_part(name),
        _ => Err("it is longer than 127 characters"),
    }
}

/// Whether all characters can stand in a name.
pub(super) fn check_part(text: &str) -> Result<(), &'static str> {
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        Ok(())
    } else {
        Err("names in Key Vault have the letters a to z, digits and `-`, and no other characters")
    }
}

fn check_version(version: &str) -> Result<(), &'static str> {
    if !version.is_empty() && version.len() <= 64 && version.chars().all(|c| c.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err("a version has letters and digits and no other characters")
    }
}
