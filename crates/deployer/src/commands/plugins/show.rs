//! The description of a plugin.

use deployer_core::error::did_you_mean;
use deployer_core::plugin::{Family, Plugin, Stage};
use deployer_core::{Error, Kind, Result};
use serde_json::{Value, json};

use super::entry::Entry;
use crate::output::Style;
use crate::plugins::{how_to_build, section_example};
use crate::schema::{self, Row};

/// The plugins that a kind names, or the one that a family and a kind name.
///
/// # Errors
/// `Settings` if there is no such plugin, with the nearest name.
pub(super) fn chosen(entries: &[Entry], asked: &str) -> Result<Vec<Entry>> {
    let named: Vec<Entry> =
        entries.iter().copied().filter(|entry| entry.kind() == asked || entry.name() == asked).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let error = Error::new(Kind::Settings, format!("unknown plugin {asked:?}"));
    let names: Vec<String> = entries.iter().map(|entry| entry.name()).collect();
    let known = names.iter().map(String::as_str).chain(entries.iter().map(|entry| entry.kind()));
    Err(match did_you_mean(asked, known) {
        Some(hint) => error.with_hint(hint),
        None => error.with_hint(format!("expected one of {}", names.join(", "))),
    })
}

pub(super) fn json(entry: Entry, table: &[&Plugin]) -> Value {
    let mut document = entry.json();
    match entry {
        Entry::Built(plugin) => document["schema"] = schema::plugin(plugin),
        Entry::Absent(known) => document["hint"] = how_to_build(known.feature, table).into(),
    }
    document
}

pub(super) fn text(entry: Entry, table: &[&Plugin], style: Style) -> String {
    let mut text = format!("{}\n", style.bold(&entry.name()));
    let mut fact = |name: &str, value: &str| text.push_str(&format!("  {name:<9}{value}\n"));
    fact("kind", &format!("{:?}, {}", entry.kind(), place(entry.family())));
    match entry {
        Entry::Built(plugin) => {
            fact("about", plugin.about);
            fact("stage", stage_in_full(plugin.stage));
            fact("feature", entry.feature().unwrap_or("none; it was added to this program"));
            fact("from", &plugin.origin.to_string());
            text.push_str(&format!("\n{}\n", style.bold("Settings")));
            let rows = schema::rows(&schema::plugin(plugin));
            rows.iter().for_each(|row| setting(&mut text, row, style));
            text.push_str(&format!("\n{}\n", style.bold("Example")));
            for line in section_example(plugin).lines() {
                text.push_str(format!("  {line}").trim_end());
                text.push('\n');
            }
        }
        Entry::Absent(known) => {
            fact("stage", stage_in_full(known.stage));
            fact("feature", known.feature);
            fact("hint", &format!("not in this program: {}", how_to_build(known.feature, table)));
        }
    }
    text
}

/// A setting: a line with its type, then its meaning.
pub(crate) fn setting(text: &mut String, row: &Row, style: Style) {
    text.push_str(&format!("  {}  {}", style.bold(&row.name), row.kind));
    if row.required {
        text.push_str(", required");
    }
    if let Some(default) = row.default.as_ref().filter(|default| **default != json!({})) {
        text.push_str(&format!(", default {}", toml_value(default)));
    }
    text.push('\n');
    if let Some(description) = &row.description {
        text.push_str(&format!("      {description}\n"));
    }
    for word in &row.values {
        text.push_str(&format!("      `{}`: {}\n", word.value, word.description));
    }
}

/// A default as people would write it.
fn toml_value(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{key} = {}", toml_value(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        value => value.to_string(),
    }
}

/// The section of a family in a settings file.
fn place(family: Family) -> &'static str {
    match family {
        Family::Source => "in [source]",
        Family::Store => "in [stores.<name>]",
        Family::Target => "in [nodes.<name>.target]",
        Family::Notify => "in [[notify]]",
        Family::State => "in [state]",
    }
}

pub(super) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Stable => "stable",
        Stage::Beta => "beta",
    }
}

fn stage_in_full(stage: Stage) -> &'static str {
    match stage {
        Stage::Stable => "stable: its settings stay as they are within a major version",
        Stage::Beta => "beta: its settings may change",
    }
}
