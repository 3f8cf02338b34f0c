//! The defaults of a plugin's section, as its settings declare them.

use deployer_core::plugin::Plugin;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

/// A key of one step or more, and its default.
type DefaultValue = (Vec<String>, Value);

/// The defaults of a plugin that are not written in its table.
pub(super) fn defaults(plugin: &Plugin, table: Option<&DeTable<'_>>) -> Vec<DefaultValue> {
    let mut generator = SchemaSettings::draft07().into_generator();
    let schema = plugin.settings.schema(&mut generator);
    let mut found = Vec::new();
    for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        collect(vec![key.clone()], property.get("default").unwrap_or(&Value::Null), &mut found);
    }
    found.retain(|(key, _)| !is_written(table, key));
    found
}

/// The values in a default; that of a table is the defaults of its keys. Those that are nothing are left out.
fn collect(key: Vec<String>, default: &Value, found: &mut Vec<DefaultValue>) {
    match default {
        Value::Null => {}
        Value::Object(members) => {
            for (step, member) in members {
                collect([key.as_slice(), std::slice::from_ref(step)].concat(), member, found);
            }
        }
        value => found.push((key, value.clone())),
    }
}

/// Whether a key is written, or stands in something that is no table.
fn is_written(table: Option<&DeTable<'_>>, key: &[String]) -> bool {
    let (Some(table), Some((step, below))) = (table, key.split_first()) else { return false };
    match table.get(step.as_str()).map(|value| value.get_ref()) {
        None => false,
        Some(DeValue::Table(table)) if !below.is_empty() => is_written(Some(table), below),
        Some(_) => true,
    }
}
