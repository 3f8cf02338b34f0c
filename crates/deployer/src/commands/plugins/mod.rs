//! `plugins`

mod entry;
mod list;
mod show;

use deployer_core::plugin::Plugin;
use serde_json::Value;

pub(crate) use self::show::setting;

use self::entry::Entry;
use crate::cli::PluginsCommand;
use crate::exit::Exit;
use crate::output::Output;

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
