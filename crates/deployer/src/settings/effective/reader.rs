//! Reads the values of sections, and where they come from.

use std::slice::from_ref;

use deployer_core::error::Place;
use deployer_core::plugin::Plugin;
use schemars::SchemaGenerator;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::plugins::find;
use crate::settings::file::filled_in;
use crate::settings::merge::{self, in_order, leaves, place, value_at};
use crate::settings::model::Settings;
use crate::settings::parts::{PluginUse, SettingsSource};

/// An effective value, and where it is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The table that it is in: `["nodes", "master", "target"]`; empty at the top. The notifiers are counted from 0.
    pub section: Vec<String>,
    /// Its key, of more than one step if it is in tables below the section.
    pub key: Vec<String>,
    /// The value, as the settings file would contain it.
    pub value: Value,
    /// Where it is set.
    pub from: Provenance,
}

/// Where a value is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// An option of the command line: `--environment`.
    Flag(&'static str),
    /// An environment variable, or a member of the JSON object in one: `MASTER_NODE.URL`.
    Variable(String),
    /// A settings file.
    File(Place),
    /// It has its default.
    Default,
}

/// Collects settings.
pub(super) struct Reader<'s> {
    from: &'s Settings,
    /// The plugins of the program.
    known: &'s [&'s Plugin],
    /// The section that is read, and its table.
    section: Vec<String>,
    table: Option<&'s DeTable<'static>>,
    pub(super) settings: Vec<Setting>,
}

impl<'s> Reader<'s> {
    /// Reads the keys outside of sections first.
    pub(super) fn new(from: &'s Settings, known: &'s [&'s Plugin]) -> Self {
        Self { from, known, section: Vec::new(), table: Some(from.root.get_ref()), settings: Vec::new() }
    }

    /// Reads a section: the keys that have a default, with their written or default values, then the other written keys. Leaves out
    /// `hidden` keys and the sections of plugins.
    pub(super) fn section(&mut self, path: &[&str], defaults: &Value, hidden: &[&str]) {
        self.section = path.iter().map(|step| (*step).to_owned()).collect();
        self.table = value_at(self.from.root.get_ref(), path).and_then(|value| value.get_ref().as_table());
        let mut read = hidden.to_vec();
        for (key, default) in defaults.as_object().into_iter().flatten() {
            if !default.is_null() && !hidden.contains(&key.as_str()) {
                self.value(key, default);
                read.push(key);
            }
        }
        for (key, value) in self.table.map(in_order).unwrap_or_default() {
            let of_plugin = |used: &PluginUse| used.path.iter().eq(path.iter().chain([&key]));
            if !read.contains(&key) && !self.from.plugins.iter().any(of_plugin) {
                self.leaves(key, value);
            }
        }
    }

    /// Reads the sections of plugins: the values that are written, then the other defaults that the settings of the plugin declare.
    pub(super) fn plugins(&mut self, are_read: impl Fn(&PluginUse) -> bool) {
        for used in self.from.plugins.iter().filter(|used| are_read(used)) {
            let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
            let own = json!({ "kind": used.kind, "send": used.send });
            self.section(&path, &own, &[]);
            let Some(plugin) = find(self.known, used.family, &used.kind) else { continue };
            let schema = plugin.settings.schema(&mut SchemaGenerator::default());
            for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                self.defaults(&[&used.path[..], from_ref(key)].concat(), &property["default"]);
            }
        }
    }

    /// A key as it is written, or by default.
    pub(super) fn value(&mut self, key: &str, default: &Value) {
        match self.table.and_then(|table| table.get(key)) {
            Some(written) => self.leaves(key, written),
            None => self.add(&[key], default.clone(), Provenance::Default),
        }
    }

    /// A value of any origin. The paths of the configuration get the name of the environment.
    pub(super) fn add(&mut self, key: &[impl AsRef<str>], mut value: Value, from: Provenance) {
        if self.section == ["configuration"] {
            fill(&mut value, &self.from.environment);
        }
        let key = key.iter().map(|step| step.as_ref().to_owned()).collect();
        self.settings.push(Setting { section: self.section.clone(), key, value, from });
    }

    /// The defaults of the section at a path that are not written. The default of a table is the defaults of its keys.
    fn defaults(&mut self, path: &[String], default: &Value) {
        let written = value_at(self.from.root.get_ref(), path).map(Spanned::get_ref);
        match (default, written) {
            (Value::Object(members), None | Some(DeValue::Table(_))) => {
                for (key, default) in members {
                    self.defaults(&[path, from_ref(key)].concat(), default);
                }
            }
            (Value::Null, _) | (_, Some(_)) => {}
            (default, None) => {
                let key = path.get(self.section.len()..).unwrap_or_default();
                self.add(key, default.clone(), Provenance::Default);
            }
        }
    }

    /// The values below a key.
    fn leaves(&mut self, key: &str, written: &merge::Value) {
        for (path, value) in leaves(written, &[key]) {
            let (source, text) = (&self.from.origin.source, &self.from.origin.text);
            let from = match place(text, &value.span()) {
                _ if value.span().is_empty() => Provenance::Default,
                place if *source != SettingsSource::Variables => Provenance::File(place),
                place if place.file == *text.file() => Provenance::Default,
                place => Provenance::Variable(place.file.to_string()),
            };
            // JSON has no value for a float such as `nan`, and no setting accepts one.
            let plain = Value::deserialize(ValueDeserializer::from(value.clone())).unwrap_or_default();
            self.add(&path, plain, from);
        }
    }
}

fn fill(value: &mut Value, environment: &str) {
    match value {
        Value::String(text) => *text = filled_in(text, environment),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, environment)),
        Value::Object(members) => members.values_mut().for_each(|member| fill(member, environment)),
        _ => {}
    }
}
