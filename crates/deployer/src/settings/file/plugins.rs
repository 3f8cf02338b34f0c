//! The sections that plugins read: here only their form and their `kind`.

use deployer_core::plugin::{Family, Section, type_name};
use toml::Spanned;
use toml::de::DeValue;

use super::tables::Tables;
use crate::plugins::kinds;
use crate::settings::parts::PluginUse;
use crate::settings::send::NotifySection;

/// The plugins of the source, the stores, the place for state and the notifiers. Those of targets are read with their nodes.
pub(super) fn all(tables: Tables<'_>, stores: &[&str]) -> Vec<PluginUse> {
    let mut found = Vec::new();
    let mut add = |path: &[&str], family| found.extend(plugin_use(tables, path, family));
    add(&["source"], Family::Source);
    stores.iter().for_each(|name| add(&["stores", name], Family::Store));
    if tables.value(&["state"]).is_some_and(|value| value.get_ref().is_table()) {
        add(&["state"], Family::State);
    }
    match tables.value(&["notify"]).map(|value| value.get_ref()) {
        None => {}
        Some(DeValue::Array(items)) => {
            (0..items.len()).for_each(|at| add(&["notify", &at.to_string()], Family::Notify));
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
    let send = (family == Family::Notify).then(|| {
        let own = table.get_key_value("send").map(|(key, value)| (key.clone(), value.clone()));
        let own = Spanned::new(value.span(), own.into_iter().collect());
        let own = Section::new(&section, &tables.origin.text, own).read_leniently::<NotifySection>();
        own.1.into_iter().for_each(|problem| tables.add(problem));
        own.0.send
    });
    let hint = format!("`kind` names the plugin: {}", kinds(family).join(", "));
    match table.get("kind").map(Spanned::get_ref) {
        Some(DeValue::String(word)) => {
            let (kind, place) = (word.to_string(), tables.place(&at("kind")));
            let path = path.iter().map(|step| (*step).to_owned()).collect();
            return Some(PluginUse { section, family, kind, place, send, path });
        }
        Some(other) => {
            let message = format!("[{section}]: `kind` must be a text, found {}", type_name(other));
            tables.reject(&at("kind"), message, &hint);
        }
        None => tables.reject(path, format!("[{section}]: `kind` is missing"), &hint),
    }
    None
}
