//! Reads the values of sections, and where they come from.

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::setting::{Provenance, Setting};
use crate::settings::file::filled_in;
use crate::settings::merge::{self, in_order, leaves, place, value_at};
use crate::settings::model::Settings;
use crate::settings::parts::SettingsSource;

/// Collects settings.
pub(super) struct Reader<'s> {
    from: &'s Settings,
    /// The section that is read, and its table.
    section: Vec<String>,
    table: Option<&'s DeTable<'static>>,
    pub(super) settings: Vec<Setting>,
}

impl<'s> Reader<'s> {
    /// Reads the keys outside of sections first.
    pub(super) fn new(from: &'s Settings) -> Self {
        Self { from, section: Vec::new(), table: Some(from.root.get_ref()), settings: Vec::new() }
    }

    /// The value of a key as it is written.
    pub(super) fn written(&self, key: &str) -> Option<&'s merge::Value> {
        self.table?.get(key)
    }

    /// Reads a section: the keys that have a default, with their written or default values, then the other written keys, except those of
    /// `but`.
    pub(super) fn section(&mut self, path: &[&str], defaults: &[(&str, Value)], but: &[&str]) {
        self.section = path.iter().map(|step| (*step).to_owned()).collect();
        self.table = value_at(self.from.root.get_ref(), path).and_then(|value| value.get_ref().as_table());
        for (key, default) in defaults {
            self.value(key, Some(default.clone()));
        }
        let has_default = |key: &str| defaults.iter().any(|(known, _)| *known == key);
        for (key, value) in self.table.map(in_order).unwrap_or_default() {
            if !has_default(key) && !but.contains(&key) {
                self.leaves(key, value);
            }
        }
    }

    /// A key as it is written, or by default.
    pub(super) fn value(&mut self, key: &str, default: Option<Value>) {
        match (self.written(key), default) {
            (Some(written), _) => self.leaves(key, written),
            (None, Some(default)) => {
                self.add(vec![key.to_owned()], self.in_environment(default), Provenance::Default);
            }
            (None, None) => {}
        }
    }

    /// A value of any origin.
    pub(super) fn add(&mut self, key: Vec<String>, value: Value, from: Provenance) {
        self.settings.push(Setting { section: self.section.clone(), key, value, from });
    }

    /// The defaults of the section at a path that are not written. The default of a table is the defaults of its keys.
    pub(super) fn defaults(&mut self, path: &[String], default: &Value) {
        let written = value_at(self.from.root.get_ref(), path).map(Spanned::get_ref);
        match (default, written) {
            (Value::Object(members), None | Some(DeValue::Table(_))) => {
                for (key, default) in members {
                    self.defaults(&[path, std::slice::from_ref(key)].concat(), default);
                }
            }
            (Value::Null, _) | (_, Some(_)) => {}
            (default, None) => {
                self.add(path[self.section.len()..].to_vec(), default.clone(), Provenance::Default);
            }
        }
    }

    /// The values below a key.
    fn leaves(&mut self, key: &str, written: &merge::Value) {
        for (path, value) in leaves(written, &[key]) {
            let (source, text) = (&self.from.origin.source, &self.from.origin.text);
            let from = match place(text, &value.span()) {
                place if *source != SettingsSource::Variables => Provenance::File(place),
                place if place.file == *text.file() => Provenance::Default,
                place => Provenance::Variable(place.file.to_string()),
            };
            // JSON has no value for a float such as `nan`, and no setting accepts one.
            let plain = Value::deserialize(ValueDeserializer::from(value.clone())).unwrap_or_default();
            self.add(path.into_iter().map(str::to_owned).collect(), self.in_environment(plain), from);
        }
    }

    /// A value with the name of the environment in the paths of the configuration.
    fn in_environment(&self, value: Value) -> Value {
        if self.section == ["configuration"] { filled(value, &self.from.environment) } else { value }
    }
}

fn filled(value: Value, environment: &str) -> Value {
    match value {
        Value::String(text) => filled_in(&text, environment).into(),
        Value::Array(items) => items.into_iter().map(|item| filled(item, environment)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(key, member)| (key, filled(member, environment))).collect()
        }
        other => other,
    }
}
