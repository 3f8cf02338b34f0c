//! Names, each a type of its own so that they cannot be mixed up.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Kind, Result};

/// The name of the master node, and the owner of every entity without `metadata.node`.
pub const MASTER: &str = "master";

macro_rules! name {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name as it is.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }
    };
}

name! {
    /// The name of a node as `metadata.node` uses it; [`MASTER`] for the master.
    NodeName
}
name! {
    /// The name inside `$SECRET(name)`.
    SecretName
}
name! {
    /// What a source stood at when it was read. Of a git repository this is `<repository>@<commit>`, with the full id of the commit.
    Revision
}
name! {
    /// A digest of what was observed on a target, to notice that somebody else changed it. Equal fingerprints mean equal content.
    Fingerprint
}

impl NodeName {
    /// The master node.
    pub fn master() -> Self {
        Self::new(MASTER)
    }

    /// Whether this is the master node.
    pub fn is_master(&self) -> bool {
        self.as_str() == MASTER
    }

    /// The name as that of a file or folder. Every path with a node's name in it uses this.
    ///
    /// # Errors
    /// `Verification` for a name that is not the name of one file, such as `../x`: it would lead to another folder.
    pub fn file_name(&self) -> Result<&str> {
        let name = self.as_str();
        let is_path = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
        if name.is_empty() || name == "." || name == ".." || name.contains(is_path) {
            let message = format!("the node name {name:?} cannot be the name of a file");
            return Err(Error::new(Kind::Verification, message).with_hint(
                "rename the node in the settings and in `metadata.node`; avoid `/`, `\\` and `:`",
            ));
        }
        Ok(name)
    }
}

impl Revision {
    /// How many hexadecimal digits the id of a commit has.
    const COMMIT: usize = 40;
    /// How many of them people need to tell commits apart.
    const SHORT: usize = 12;

    /// The revision for people: the id of a commit at its end is cut to twelve digits, anything else stays.
    pub fn short(&self) -> &str {
        let text = self.as_str();
        let start = text.rfind('@').map_or(0, |at| at + 1);
        let id = &text[start..];
        let is_commit = id.len() == Self::COMMIT && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_commit { &text[..start + Self::SHORT] } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_name_that_leads_to_another_folder_is_no_file_name() {
        for name in ["master", "a b", "..x", "ø", "-"] {
            assert_eq!(NodeName::new(name).file_name().expect("one file"), name);
        }
        for name in ["", ".", "..", "../x", "a/b", "/x", "a\\b", "C:x", "a\n", "a\0"] {
            let error = NodeName::new(name).file_name().expect_err(name);
            assert_eq!(error.kind(), Kind::Verification, "{name:?}");
        }
    }

    #[test]
    fn a_revision_is_short_where_it_is_a_commit() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (text, short) in [
            (format!("github.com/acme/node@{commit}"), "github.com/acme/node@0123456789ab"),
            (commit.to_owned(), "0123456789ab"),
            (format!("{commit}0"), "0123456789abcdef0123456789abcdef012345670"),
            ("change 7".to_owned(), "change 7"),
            ("a@b".to_owned(), "a@b"),
            (String::new(), ""),
        ] {
            assert_eq!(Revision::new(text).short(), short);
        }
    }
}
