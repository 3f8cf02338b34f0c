//! Names of a commit of a repository.

use std::fmt;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;

use crate::branch::BranchName;

/// The prefix of the references of tags.
pub(crate) const TAGS: &str = "refs/tags/";

/// A name of the commit to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Committish {
    /// The tip of the branch of the repository's HEAD.
    #[default]
    Head,
    /// The tip of a branch.
    Branch(BranchName),
    /// The commit of a tag, annotated or not.
    Tag(TagName),
    /// The tip of a branch, or the commit of a tag if there is no such branch.
    Reference(BranchName, TagName),
    /// The commit itself.
    Commit {
        /// Its id.
        id: ObjectId,
        /// A branch whose history is searched if the host gives no commit by its id alone.
        branch: Option<BranchName>,
    },
}

impl Committish {
    /// The branch of a name, or the tag of that name if there is no such branch: as `git clone --branch` does.
    ///
    /// # Errors
    /// `Settings` if git does not allow the name.
    pub fn reference(name: &str) -> Result<Self> {
        Ok(Self::Reference(BranchName::new(name)?, TagName::new(name)?))
    }

    /// The commit with an id in hexadecimal.
    ///
    /// # Errors
    /// `Settings` for an id that is not complete: hosts do not accept a part of one.
    pub fn commit(id: &str, branch: Option<BranchName>) -> Result<Self> {
        let parsed = ObjectId::from_hex(id.as_bytes()).map_err(|_| {
            Error::new(Kind::Settings, format!("{id:?} is not the id of a commit"))
                .with_hint("write the full id of forty hexadecimal digits, as `git rev-parse` prints it")
        })?;
        Ok(Self::Commit { id: parsed, branch })
    }
}

impl fmt::Display for Committish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("its default branch"),
            Self::Branch(branch) => write!(f, "branch {branch}"),
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Reference(name, _) => write!(f, "branch or tag {name}"),
            Self::Commit { id, .. } => write!(f, "commit {}", id.to_hex_with_len(12)),
        }
    }
}

/// The name of a tag, as git allows it, without `refs/tags/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagName(String);

impl TagName {
    /// Takes a name, with or without `refs/tags/`.
    ///
    /// # Errors
    /// `Settings` if git does not allow it (`git help check-ref-format`).
    pub fn new(name: &str) -> Result<Self> {
        let name = name.strip_prefix(TAGS).unwrap_or(name);
        match gix::validate::reference::name(format!("{TAGS}{name}").as_str().into()) {
            Ok(_) if !name.starts_with('-') => Ok(Self(name.to_owned())),
            _ => Err(Error::new(Kind::Settings, format!("{name:?} cannot be the name of a tag")).with_hint(
                "blanks, `..`, `~`, `^`, `:`, `?`, `*`, `[`, `\\` and a final `.lock` or `/` are not allowed",
            )),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked_as_git_does_and_ids_are_whole() {
        assert_eq!(TagName::new("refs/tags/v1.0").expect("good").as_str(), "v1.0");
        for bad in ["", "a b", "-a", "v1..2", "v1.lock"] {
            assert!(TagName::new(bad).is_err(), "{bad:?}");
        }
        assert!(Committish::commit("0123456789abcdef0123456789ABCDEF01234567", None).is_ok());
        for bad in ["", "0123456", "main", "0123456789abcdef0123456789abcdef0123456z"] {
            assert_eq!(Committish::commit(bad, None).expect_err(bad).kind(), Kind::Settings);
        }
    }
}
