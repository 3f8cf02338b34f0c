//! The effective settings, and where each is set. Credentials stay references.

mod plugin;
mod reader;
mod setting;

use deployer_core::Result;
use deployer_core::plugin::{Family, Plugin};
use serde_json::{Map, Value, json};
use toml::de::DeTable;

pub use setting::{Provenance, Setting};

use self::reader::Reader;
use super::check::Absent;
use super::merge::value_at;
use super::model::Settings;
use super::parts::PluginUse;
use crate::cli::LogFormat;
use crate::plugins::find;

impl Settings {
    /// Every effective value, section by section, in an order that depends on the settings alone.
    ///
    /// # Errors
    /// As [`Settings::check`] in any environment: what cannot be read is not shown, as it may hold a credential.
    pub fn effective(&self, table: &[&Plugin]) -> Result<Vec<Setting>> {
        self.check(table, Absent::InAny)?;
        let mut reader = Reader::new(self);
        self.read_sections(&mut reader, self.root.get_ref(), table);
        Ok(reader.settings)
    }

    fn read_sections(&self, reader: &mut Reader<'_>, root: &DeTable<'_>, plugins: &[&Plugin]) {
        let of_family = |reader: &mut Reader<'_>, family| {
            for used in self.plugins.iter().filter(|used| used.family == family) {
                self.plugin(reader, root, used, plugins);
            }
        };
        let below = |name: &str| root.get(name).and_then(|value| value.get_ref().as_table());
        let keys = serde_json::to_value(&self.keys).unwrap_or_default();
        let Some(keys) = keys.as_object() else { return };
        reader.section(&[]);
        let own = root.get("environment").filter(|own| own.get_ref().as_str() == Some(&self.environment));
        match own {
            Some(_) => reader.value(Some(root), "environment", None),
            // The run was asked for another one; whoever knows how says so.
            None => reader.add(vec!["environment".to_owned()], json!(self.environment), Provenance::Default),
        }
        for (key, default) in keys.iter().filter(|(key, _)| *key != "environment") {
            match default {
                Value::Object(_) if *key != "link" => {}
                _ if *key == "log_format" => reader.value(Some(root), key, Some(json!(LogFormat::Text))),
                Value::Null => {}
                _ => reader.value(Some(root), key, Some(default.clone())),
            }
        }
        if let (false, Some((link, variable))) = (root.contains_key("link"), &self.detected_link) {
            reader.add(vec!["link".to_owned()], json!(link), Provenance::Variable((*variable).to_owned()));
        }
        if root.contains_key("source") {
            of_family(reader, Family::Source);
        } else {
            reader.section(&["source"]);
            reader.table(None, &[("kind", json!("folder")), ("path", json!("."))], &[]);
        }
        let own = |name: &&String| !["secrets", "nodes", "link"].contains(&name.as_str());
        for (name, section) in keys.iter().filter(|(name, _)| own(name)) {
            if let Value::Object(section) = section {
                reader.section(&[name]);
                reader.table(below(name), &set(section), &[]);
            }
        }
        of_family(reader, Family::Store);
        reader.section(&["secrets"]);
        reader.value(below("secrets"), "fingerprint_key", None);
        for name in ["rules", "aliases"] {
            reader.section(&["secrets", name]);
            let table = below("secrets").and_then(|secrets| secrets.get(name)?.get_ref().as_table());
            reader.table(table, &[], &[]);
        }
        for node in &self.nodes {
            let name = node.name.as_str();
            let table = below("nodes").and_then(|nodes| nodes.get(name)?.get_ref().as_table());
            let target = self.plugins.iter().find(|used| used.path == ["nodes", name, "target"]);
            reader.section(&["nodes", name]);
            let mut defaults = keys["nodes"][name].as_object().map(set).unwrap_or_default();
            defaults.retain(|(key, _)| *key != "target" && !(*key == "proxy" && node.name.is_master()));
            reader.table(table, &defaults, if target.is_some() { &["target"] } else { &[] });
            if let Some(used) = target {
                self.plugin(reader, root, used, plugins);
            }
        }
        of_family(reader, Family::State);
        of_family(reader, Family::Notify);
    }

    fn plugin(&self, reader: &mut Reader<'_>, root: &DeTable<'_>, used: &PluginUse, plugins: &[&Plugin]) {
        let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
        let send = used.send.map(|send| ("send", json!(send.word())));
        let known: Vec<_> = [("kind", json!(used.kind))].into_iter().chain(send).collect();
        reader.section(&path);
        let table = value_at(root, &used.path).and_then(|table| table.get_ref().as_table());
        reader.table(table, &known, &[]);
        let plugin = find(plugins, used.family, &used.kind);
        for (key, value) in plugin.map(|plugin| plugin::defaults(plugin, table)).unwrap_or_default() {
            reader.add(key, value, Provenance::Default);
        }
    }
}

/// The keys of a section that have a value.
fn set(section: &Map<String, Value>) -> Vec<(&str, Value)> {
    let keys = section.iter().filter(|(_, value)| !value.is_null());
    keys.map(|(key, value)| (key.as_str(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
