//! Names of branches.

use std::fmt;

use deployer_core::{Error, Kind, Result};

/// The prefix of the references of branches.
const HEADS: &str = "refs/heads/";

/// The name of a branch, as git allows it, without `refs/heads/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BranchName(String);

impl BranchName {
    /// Takes a name, with or without `refs/heads/`.
    ///
    /// # Errors
    /// `Settings` if git does not allow it (`git help check-ref-format`).
    pub fn new(name: &str) -> Result<Self> {
        let name = name.strip_prefix(HEADS).unwrap_or(name);
        let full = format!("{HEADS}{name}");
        match gix::validate::reference::name(full.as_str().into()) {
            Ok(_) if !name.starts_with('-') => Ok(Self(name.to_owned())),
            _ => Err(Error::new(Kind::Settings, format!("{name:?} cannot be the name of a branch"))
                .with_hint("blanks, `..`, `~`, `^`, `:`, `?`, `*`, `[`, `\\` and a final `.lock` or `/` are not allowed")),
        }
    }

    /// The branch of a reference; `None` for another reference, such as a tag.
    pub(crate) fn of_reference(reference: &[u8]) -> Option<Self> {
        Some(Self(std::str::from_utf8(reference).ok()?.strip_prefix(HEADS)?.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reference: `refs/heads/main`.
    pub(crate) fn reference(&self) -> String {
        format!("{HEADS}{}", self.0)
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_as_git_does() {
        for good in ["main", "release/2.0", "refs/heads/main", "ø"] {
            assert!(BranchName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a..b", "-a", "a.lock", "a:b", "a/", "a\n", "@{"] {
            assert!(BranchName::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(BranchName::new("refs/heads/main").expect("good").as_str(), "main");
    }
}
