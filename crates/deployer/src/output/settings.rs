//! The settings that hold, for people and for machines.

use serde_json::{Value, json};

use super::{Style, json};
use crate::settings::toml_text::{inline, path};
use crate::settings::{Provenance, Setting, Settings, SettingsSource};

/// Values wider than this do not push the column of origins further to the right.
const WIDEST: usize = 60;

/// A settings file that says the same, with where each value comes from behind it.
pub fn text(settings: &Settings, effective: &[Setting], style: Style) -> String {
    let source = match &settings.origin.source {
        SettingsSource::Variables => "the environment variables".to_owned(),
        SettingsSource::File(_) | SettingsSource::BuiltIn => settings.text().file().to_string(),
    };
    let mut text =
        style.dim(&format!("# Effective settings of {}, from {source}.", settings.environment)) + "\n";
    if settings.dry_run {
        text.push_str(&style.dim("# A dry run, by DRY_RUN: nothing is written."));
        text.push('\n');
    }
    for section in effective.chunk_by(|one, other| one.section == other.section) {
        text.push('\n');
        text.push_str(&heading(&section[0].section, style));
        let lines: Vec<String> = section
            .iter()
            .map(|setting| format!("{} = {}", path(&setting.key), inline(&setting.value)))
            .collect();
        let widths = lines.iter().map(|line| line.chars().count());
        let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
        for (line, setting) in lines.iter().zip(section) {
            let from = style.dim(&format!("# {}", from(&setting.from)));
            text.push_str(&format!("{line:<width$}  {from}\n"));
        }
    }
    text
}

fn heading(section: &[String], style: Style) -> String {
    match section {
        [] => String::new(),
        [list, _] if list == NOTIFIERS => style.bold(&format!("[[{list}]]")) + "\n",
        steps => style.bold(&format!("[{}]", path(steps))) + "\n",
    }
}

/// The one list of tables.
const NOTIFIERS: &str = "notify";

fn from(from: &Provenance) -> String {
    match from {
        Provenance::Flag(flag) => (*flag).to_owned(),
        Provenance::Variable(name) => name.clone(),
        Provenance::File(place) => format!("{}:{}", place.file, place.line),
        Provenance::Default => "default".to_owned(),
    }
}

/// The document for machines.
pub fn json(settings: &Settings, effective: &[Setting]) -> Value {
    let file = match &settings.origin.source {
        SettingsSource::Variables => None,
        SettingsSource::File(_) | SettingsSource::BuiltIn => Some(settings.text().file().to_string()),
    };
    let values = effective.iter().map(|setting| {
        let (from, at) = match &setting.from {
            Provenance::Flag(flag) => ("flag", Some((*flag).to_owned())),
            Provenance::Variable(name) => ("variable", Some(name.clone())),
            Provenance::File(place) => ("file", Some(place.to_string())),
            Provenance::Default => ("default", None),
        };
        json!({ "section": setting.section, "key": setting.key, "value": setting.value, "from": from, "at": at })
    });
    json!({
        "format": json::FORMAT,
        "environment": settings.environment,
        "file": file,
        "dry_run": settings.dry_run,
        "settings": values.collect::<Vec<_>>(),
    })
}
