//! Names, each a type of its own so that they cannot be mixed up.

use std::fmt;
use std::sync::Arc;

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
    /// What a source stood at when it was read, such as a commit.
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
}
