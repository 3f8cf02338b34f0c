//! Reads the values of sections, and where they come from.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::setting::{Provenance, Setting};
use crate::settings::file::filled_in;
use crate::settings::merge::{in_order, is_credential, place};
use crate::settings::model::Settings;
use crate::settings::parts::SettingsSource;

/// Collects settings.
pub(super) struct Reader<'s> {
    from: &'s Settings,
    section: Vec<String>,
    pub(super) settings: Vec<Setting>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(from: &'s Settings) -> Self {
        Self { from, section: Vec::new(), settings: Vec::new() }
    }

    /// Begins a section.
    pub(super) fn section(&mut self, path: &[&str]) {
        self.section = path.iter().map(|step| (*step).to_owned()).collect();
    }

    /// The keys that have a default, with their written or default values, then the other written keys, except those of `but`.
    pub(super) fn table(&mut self, table: Option<&DeTable<'_>>, defaults: &[(&str, Value)], but: &[&str]) {
        for (key, default) in defaults {
            self.value(table, key, Some(default.clone()));
        }
        let has_default = |key: &str| defaults.iter().any(|(known, _)| *known == key);
        for (key, value) in table.map(in_order).unwrap_or_default() {
            if !has_default(key) && !but.contains(&key) {
                self.leaves(vec![key.to_owned()], value);
            }
        }
    }

    /// A key as it is written, or by default.
    pub(super) fn value(&mut self, table: Option<&DeTable<'_>>, key: &str, default: Option<Value>) {
        match (table.and_then(|table| table.get(key)), default) {
            (Some(written), _) => self.leaves(vec![key.to_owned()], written),
            (None, Some(default)) => {
                let default = self.in_environment(default);
                self.add(vec![key.to_owned()], default, Provenance::Default);
            }
            (None, None) => {}
        }
    }

    /// A value of any origin.
    pub(super) fn add(&mut self, key: Vec<String>, value: Value, from: Provenance) {
        self.settings.push(Setting { section: self.section.clone(), key, value, from });
    }

    /// The values below a key. A reference to a credential is one value.
    fn leaves(&mut self, key: Vec<String>, written: &Spanned<DeValue<'_>>) {
        match written.get_ref() {
            DeValue::Table(table) if !is_credential(table) && !table.is_empty() => {
                for (step, below) in in_order(table) {
                    self.leaves([key.as_slice(), &[step.to_owned()]].concat(), below);
                }
            }
            _ => {
                let from = self.source(&written.span());
                let value = self.plain(written);
                self.add(key, value, from);
            }
        }
    }

    /// A value without its places; in paths of the configuration, with the name of the environment.
    fn plain(&self, written: &Spanned<DeValue<'_>>) -> Value {
        // JSON has no value for a float such as `nan`, and no setting accepts one.
        self.in_environment(Value::deserialize(ValueDeserializer::from(written.clone())).unwrap_or_default())
    }

    fn in_environment(&self, value: Value) -> Value {
        if self.section == ["configuration"] { filled(value, &self.from.environment) } else { value }
    }

    /// Where the text at a span comes from.
    fn source(&self, span: &Range<usize>) -> Provenance {
        let place = place(&self.from.text, span);
        match &self.from.source {
            SettingsSource::File(_) | SettingsSource::BuiltIn => Provenance::File(place),
            SettingsSource::Variables => match self.from.made_of.get(&place.line) {
                Some(variable) => Provenance::Variable(variable.clone()),
                None => Provenance::Default,
            },
        }
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
