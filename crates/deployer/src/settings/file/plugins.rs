//! The sections that plugins read: here only their shape and their `kind`.

use std::ops::Range;

use deployer_core::document::SourceText;
use deployer_core::plugin::Family;
use deployer_core::{Error, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::or_nearest;
use crate::plugins::KNOWN;
use crate::settings::merge::{in_order, place, what};
use crate::settings::parts::PluginUse;
use crate::settings::send::SendWhen;

/// The plugin that a section names.
pub(super) fn plugin_use(
    section: &str,
    path: &[&str],
    family: Family,
    value: &Spanned<DeValue<'_>>,
    text: &SourceText,
) -> Result<PluginUse, Error> {
    let table = value.get_ref().as_table().ok_or_else(|| not_a_table(section, value, text))?;
    let refused = |message: String, span: Range<usize>| {
        let kinds: Vec<&str> =
            KNOWN.iter().filter(|known| known.family == family).map(|known| known.kind).collect();
        Error::new(Kind::Settings, format!("[{section}]: {message}"))
            .at(place(text, &span))
            .with_hint(format!("`kind` names the plugin: {}", kinds.join(", ")))
    };
    let kind = table.get("kind").ok_or_else(|| refused("`kind` is missing".to_owned(), value.span()))?;
    match kind.get_ref().as_str() {
        Some(word) => Ok(PluginUse {
            section: section.to_owned(),
            family,
            kind: word.to_owned(),
            place: place(text, &kind.span()),
            send: None,
            path: path.iter().map(|step| (*step).to_owned()).collect(),
        }),
        None => Err(refused(format!("`kind` must be a text, found {}", what(kind.get_ref())), kind.span())),
    }
}

/// The plugins of the source, the stores, the place for state and the notifiers. Those of targets are read with their nodes.
pub(super) fn all(root: &DeTable<'_>, text: &SourceText, problems: &mut Vec<Error>) -> Vec<PluginUse> {
    let mut found = Vec::new();
    let mut note = |result: Result<PluginUse, Error>, problems: &mut Vec<Error>| match result {
        Ok(plugin) => found.push(plugin),
        Err(problem) => problems.push(problem),
    };
    if let Some(value) = root.get("source") {
        note(plugin_use("source", &["source"], Family::Source, value, text), problems);
    }
    for (name, value) in table_at(root, "stores", text, problems) {
        note(plugin_use(&format!("stores.{name}"), &["stores", name], Family::Store, value, text), problems);
    }
    if let Some(value) = root.get("state").filter(|value| value.get_ref().is_table()) {
        note(plugin_use("state", &["state"], Family::State, value, text), problems);
    }
    match root.get("notify").map(|value| (value, value.get_ref().as_array())) {
        None => {}
        Some((_, Some(items))) => {
            for (at, value) in items.iter().enumerate() {
                let section = format!("notify {}", at + 1);
                let used = plugin_use(&section, &["notify", &at.to_string()], Family::Notify, value, text);
                let send = send_when(&section, value, text).map_err(|problem| problems.push(problem)).ok();
                note(used.map(|used| PluginUse { send, ..used }), problems);
            }
        }
        Some((value, None)) => {
            let message = format!("[notify]: expected a list of tables, found {}", what(value.get_ref()));
            let error = Error::new(Kind::Settings, message).at(place(text, &value.span()));
            problems.push(error.with_hint("write [[notify]], in double brackets, for each channel"));
        }
    }
    found
}

/// Which reports a notifier is sent: `send`, which is the program's and not the plugin's.
fn send_when(section: &str, value: &Spanned<DeValue<'_>>, text: &SourceText) -> Result<SendWhen, Error> {
    let Some(value) = value.get_ref().as_table().and_then(|table| table.get("send")) else {
        return Ok(SendWhen::Changes);
    };
    let word = value.get_ref().as_str();
    if let Some((_, send)) = SendWhen::WORDS.into_iter().find(|(known, _)| Some(*known) == word) {
        return Ok(send);
    }
    let words = SendWhen::WORDS.map(|(word, _)| word);
    let message = format!("[{section}] send: expected one of `{}`", words.join("`, `"));
    let error = Error::new(Kind::Settings, message).at(place(text, &value.span()));
    Err(or_nearest(error, word.unwrap_or_default(), words, ""))
}

/// The members of a table of the root, in the order they are written.
pub(super) fn table_at<'t, 'a>(
    root: &'t DeTable<'a>,
    name: &str,
    text: &SourceText,
    problems: &mut Vec<Error>,
) -> Vec<(&'t str, &'t Spanned<DeValue<'a>>)> {
    let Some(value) = root.get(name) else { return Vec::new() };
    let Some(table) = value.get_ref().as_table() else {
        problems.push(not_a_table(name, value, text));
        return Vec::new();
    };
    in_order(table)
}

/// The error for a value that should be a table.
pub(super) fn not_a_table(name: &str, value: &Spanned<DeValue<'_>>, text: &SourceText) -> Error {
    let message = format!("[{name}]: expected a table, found {}", what(value.get_ref()));
    Error::new(Kind::Settings, message).at(place(text, &value.span()))
}
