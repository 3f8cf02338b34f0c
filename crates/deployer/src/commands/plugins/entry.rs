//! A plugin that the commands list or describe.

use deployer_core::plugin::{Family, Plugin};
use serde_json::{Value, json};

use crate::plugins::{KNOWN, Known, find, known};
use crate::schema;

/// A plugin of the source tree, or another maker's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    /// In this program.
    Built(&'static Plugin),
    /// Not in this program.
    Absent(&'static Known),
}

impl Entry {
    /// The plugins of this program, then the others of the source tree.
    pub(super) fn all(table: &[&'static Plugin]) -> Vec<Self> {
        let absent = KNOWN.iter().filter(|known| find(table, known.family, known.kind).is_none());
        table.iter().copied().map(Self::Built).chain(absent.map(Self::Absent)).collect()
    }

    pub(super) fn family(self) -> Family {
        match self {
            Self::Built(plugin) => plugin.family(),
            Self::Absent(known) => known.family,
        }
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Built(plugin) => plugin.kind,
            Self::Absent(known) => known.kind,
        }
    }

    /// The family and the kind: `store-vault`.
    pub(super) fn name(self) -> String {
        format!("{}-{}", self.family().prefix(), self.kind())
    }

    /// The feature that builds it in. `None` for a plugin of another maker.
    pub(super) fn feature(self) -> Option<&'static str> {
        known(self.family(), self.kind()).map(|known| known.feature)
    }

    /// The entry of the plugin in the list.
    pub(super) fn json(self) -> Value {
        let mut entry = json!({
            "kind": self.kind(),
            "family": self.family(),
            "feature": self.feature(),
            "built": matches!(self, Self::Built(_)),
        });
        match self {
            Self::Built(plugin) => {
                entry["about"] = plugin.about.into();
                entry["stage"] = json!(plugin.stage);
                entry["origin"] = json!(plugin.origin);
                entry["settings"] = json!(schema::rows(&schema::plugin(plugin)));
                entry["example"] = plugin.example.into();
            }
            Self::Absent(known) => entry["stage"] = json!(known.stage),
        }
        entry
    }
}
