//! `plugins`

mod list;
mod show;

use deployer_core::plugin::{Family, Plugin};
use serde_json::{Value, json};

use crate::cli::PluginsCommand;
use crate::exit::Exit;
use crate::output::{Output, json};
use crate::plugins::{KNOWN, Known, find, known};
use crate::schema;

/// A plugin of the source tree or of somebody else's.
#[derive(Debug, Clone, Copy)]
enum Entry {
    /// One that this program has.
    Built(&'static Plugin),
    /// One that it was built without.
    Absent(&'static Known),
}

impl Entry {
    /// Those of this program, then those it was built without.
    fn all(table: &[&'static Plugin]) -> Vec<Self> {
        let absent = KNOWN.iter().filter(|known| find(table, known.family, known.kind).is_none());
        table.iter().copied().map(Self::Built).chain(absent.map(Self::Absent)).collect()
    }

    fn family(self) -> Family {
        match self {
            Self::Built(plugin) => plugin.family(),
            Self::Absent(known) => known.family,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Built(plugin) => plugin.kind,
            Self::Absent(known) => known.kind,
        }
    }

    /// The family and the kind: `store-vault`.
    fn name(self) -> String {
        format!("{}-{}", self.family().prefix(), self.kind())
    }

    /// The feature that builds it in; none for a plugin of somebody else's.
    fn feature(self) -> Option<&'static str> {
        known(self.family(), self.kind()).map(|known| known.feature)
    }

    fn json(self) -> Value {
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

pub(crate) fn run(table: &[&'static Plugin], command: Option<&PluginsCommand>, output: &Output) -> Exit {
    let entries = Entry::all(table);
    match command {
        None if output.is_json() => {
            let list: Vec<Value> = entries.iter().map(|entry| entry.json()).collect();
            output.result(&json::document(&list.into()));
        }
        None => output.result(&list::text(&entries, output.result_style())),
        Some(PluginsCommand::Show { kind }) => {
            let entry = match show::chosen(&entries, kind) {
                Ok(entry) => entry,
                Err(error) => {
                    output.error(&error);
                    return Exit::Usage;
                }
            };
            let text = if output.is_json() {
                json::document(&show::json(entry, table))
            } else {
                show::text(entry, table, output.result_style())
            };
            output.result(&text);
        }
    }
    Exit::Done
}
