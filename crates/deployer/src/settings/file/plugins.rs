//! The sections that plugins read: here only their form and their `kind`.

use deployer_core::plugin::{Family, type_name};
use toml::de::DeValue;

use super::tables::Tables;
use crate::plugins::kinds;
use crate::settings::merge::place;
use crate::settings::parts::{PluginUse, list};
use crate::settings::send::SendWhen;

/// The plugins of the source, the stores, the place for state and the notifiers. Those of targets are read with their nodes.
pub(super) fn all(tables: Tables<'_>, stores: &[&str]) -> Vec<PluginUse> {
    let mut found = Vec::new();
    let mut add = |path: &[&str], family| found.extend(plugin_use(tables, path, family));
    if tables.value(&["source"]).is_some() {
        add(&["source"], Family::Source);
    }
    stores.iter().for_each(|name| add(&["stores", name], Family::Store));
    if tables.value(&["state"]).is_some_and(|value| value.get_ref().is_table()) {
        add(&["state"], Family::State);
    }
    match tables.value(&["notify"]).map(|value| value.get_ref()) {
        None => {}
        Some(DeValue::Array(items)) => {
            let positions = 0..items.iter().count();
            positions.for_each(|at| add(&["notify", &at.to_string()], Family::Notify));
        }
        Some(other) => {
            let message = format!("[notify]: expected a list of tables, found {}", type_name(other));
            tables.reject(&["notify"], message, "write [[notify]], in double brackets, for each channel");
        }
    }
    found
}

/// The plugin that the section at a path names.
pub(super) fn plugin_use(tables: Tables<'_>, path: &[&str], family: Family) -> Option<PluginUse> {
    let section = match family {
        Family::Notify => format!("notify {}", path[1].parse::<usize>().ok()?.saturating_add(1)),
        _ => path.join("."),
    };
    let at = |key| [path, &[key]].concat();
    let value = tables.value(path)?;
    let Some(table) = value.get_ref().as_table() else {
        let message = format!("[{section}]: expected a table, found {}", type_name(value.get_ref()));
        tables.reject(path, message, "");
        return None;
    };
    let send = (family == Family::Notify).then(|| send_when(tables, &section, &at("send"))).flatten();
    let hint = format!("`kind` names the plugin: {}", kinds(family).join(", "));
    match table.get("kind").map(|kind| (kind, kind.get_ref())) {
        Some((kind, DeValue::String(word))) => {
            let place = place(&tables.origin.text, &kind.span());
            let path = path.iter().map(|step| (*step).to_owned()).collect();
            return Some(PluginUse { section, family, kind: word.to_string(), place, send, path });
        }
        Some((_, other)) => {
            let message = format!("[{section}]: `kind` must be a text, found {}", type_name(other));
            tables.reject(&at("kind"), message, &hint);
        }
        None => tables.reject(path, format!("[{section}]: `kind` is missing"), &hint),
    }
    None
}

/// Which reports a notifier is sent: `send`, which is the program's and not the plugin's.
fn send_when(tables: Tables<'_>, section: &str, path: &[&str]) -> Option<SendWhen> {
    let Some(value) = tables.value(path) else { return Some(SendWhen::Changes) };
    let word = value.get_ref().as_str();
    let found = SendWhen::WORDS.into_iter().find(|(known, _)| Some(*known) == word);
    if found.is_none() {
        let words = SendWhen::WORDS.map(|(word, _)| word);
        let message = format!("[{section}] send: expected one of {}", list(&words));
        tables.reject_name(path, message, word.unwrap_or_default(), &words, "");
    }
    found.map(|(_, send)| send)
}
