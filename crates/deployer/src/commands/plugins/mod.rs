//! `plugins`

mod list;
mod show;

use deployer_core::plugin::{Family, Plugin};
use serde_json::{Value, json};

pub(crate) use self::show::setting;

use crate::cli::PluginsCommand;
use crate::exit::Exit;
use crate::output::Output;
use crate::plugins::{KNOWN, Known, find, known};
use crate::schema;

/// A plugin of the source tree, or another maker's.
#[derive(Debug, Clone, Copy)]
enum Entry {
    /// In this program.
    Built(&'static Plugin),
    /// Not in this program.
    Absent(&'static Known),
}

impl Entry {
    /// The plugins of this program, then the others of the source tree.
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

    /// The feature that builds it in. `None` for a plugin of another maker.
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
            output.document(list.into());
        }
        None => output.result(&list::text(&entries, output.result_style())),
        Some(PluginsCommand::Show { kind }) => {
            let chosen = match show::chosen(&entries, kind) {
                Ok(chosen) => chosen,
                Err(error) => {
                    output.error(&error);
                    return Exit::Usage;
                }
            };
            if output.is_json() {
                let mut documents: Vec<Value> =
                    chosen.iter().map(|entry| show::json(*entry, table)).collect();
                output.document(if documents.len() == 1 { documents.remove(0) } else { documents.into() });
            } else {
                let texts = chosen.iter().map(|entry| show::text(*entry, table, output.result_style()));
                output.result(&texts.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    Exit::Done
}
