//! The place of a secret in a namespace.

use std::fmt;

use deployer_kubernetes::check_name;

/// A key of a Secret: `name#key`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The name of the Secret.
    pub(crate) name: String,
    /// The key in its data.
    pub(crate) key: String,
}

impl Place {
    /// Reads `name#key`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, key) = text.split_once('#').ok_or("it names no key; write `secret#key`")?;
        check_name(name)?;
        check_key(key)?;
        Ok(Self { name: name.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.key)
    }
}

/// Whether a Secret can have this key.
pub(super) fn check_key(key: &str) -> Result<(), &'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match key.len() {
        0 => Err("it is empty"),
        1..=253 if matches!(key, "." | "..") => Err("it is `.` or `..`"),
        1..=253 if key.chars().all(is_plain) => Ok(()),
        1..=253 => Err("keys of Secrets have letters, digits, `-`, `_` and `.`, and no other characters"),
        _ => Err("it is longer than 253 characters"),
    }
}
