//! What a new plugin is called, in each place.

use crate::build::FAMILIES;
use crate::shell::Result;
use crate::words::unknown;

/// Names that a test, which is a crate called after the plugin, cannot have: they are those of Rust itself.
const OF_RUST: [&str; 5] = ["alloc", "core", "proc-macro", "std", "test"];

/// The names of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// `store`
    pub(super) family: &'static str,
    /// In the table: `Store`
    pub(super) row: &'static str,
    /// In the settings: `key-pass`
    pub(super) kind: String,
    /// `store-key-pass`
    pub(super) feature: String,
    /// `deployer-store-key-pass`
    pub(super) package: String,
    /// In Rust: `deployer_store_key_pass`
    pub(super) module: String,
    /// `KEY_PASS`
    pub(super) constant: String,
}

impl Names {
    /// The names for what was typed.
    ///
    /// # Errors
    /// For an unknown family, and a name that cannot be one.
    pub(super) fn new(family: &str, kind: &str) -> Result<Self> {
        let found = FAMILIES.into_iter().find(|(_, word, ..)| *word == family);
        let known = FAMILIES.map(|(_, word, ..)| word);
        let (row, family, ..) = found.ok_or_else(|| unknown("family", family, &known))?;
        check(family, kind)?;
        let feature = format!("{family}-{kind}");
        let package = format!("deployer-{feature}");
        Ok(Self {
            family,
            row,
            kind: kind.to_owned(),
            module: package.replace('-', "_"),
            constant: kind.replace('-', "_").to_ascii_uppercase(),
            feature,
            package,
        })
    }
}

fn check(family: &str, kind: &str) -> Result {
    let refused = |why: &str| Err(format!("a plugin cannot be called {kind:?}: {why}"));
    if let Some(rest) = kind.strip_prefix(family).and_then(|rest| rest.strip_prefix('-')) {
        return refused(&format!("the family is said already; say `{family} {rest}`"));
    }
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !kind.starts_with(|c: char| c.is_ascii_lowercase()) || !kind.split('-').all(is_part) {
        return refused(
            "a name is small letters and digits, parted by single dashes, and begins with a letter",
        );
    }
    if OF_RUST.contains(&kind) {
        return refused("it is a name of Rust itself");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_form_for_each_place() {
        let names = Names::new("store", "key-pass2").unwrap();
        assert_eq!(names.feature, "store-key-pass2");
        assert_eq!(names.package, "deployer-store-key-pass2");
        assert_eq!(names.module, "deployer_store_key_pass2");
        assert_eq!((names.row, names.constant.as_str()), ("Store", "KEY_PASS2"));
    }

    #[test]
    fn what_cannot_be_a_name_is_refused_with_its_reason() {
        for (family, kind, expected) in [
            ("stroe", "x", "did you mean store?"),
            ("Store", "x", "did you mean store?"),
            ("", "x", "There are source, store, target, notify"),
            ("store", "store-x", "say `store x`"),
            ("store", "", "small letters"),
            ("store", "KeePass", "small letters"),
            ("store", "2fa", "begins with a letter"),
            ("store", "a--b", "single dashes"),
            ("store", "a-", "single dashes"),
            ("store", "../x", "small letters"),
            ("store", "blåbær", "small letters"),
            ("notify", "test", "of Rust itself"),
        ] {
            let error = Names::new(family, kind).unwrap_err();
            assert!(error.contains(expected), "{family} {kind}: {error}");
        }
    }
}
