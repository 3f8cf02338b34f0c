//! The tables of one environment, for problems and notes that need a place.

use deployer_core::document::SourceText;
use deployer_core::error::{Place, nearest};
use deployer_core::{Error, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::settings::merge::{in_order, place, value_at};

/// The effective tables, and the text that they come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tables<'t> {
    pub(super) root: &'t DeTable<'static>,
    pub(super) text: &'t SourceText,
}

impl<'t> Tables<'t> {
    /// The value at a path; positions in lists are numbers.
    pub(super) fn value(self, path: &[&str]) -> Option<&'t Spanned<DeValue<'static>>> {
        value_at(self.root, path)
    }

    /// The place of the value at a path, or of the nearest table around it.
    pub(super) fn place(self, path: &[&str]) -> Place {
        let lengths = (1..=path.len()).rev();
        let value = lengths.filter_map(|length| self.value(&path[..length])).next();
        value.map_or_else(|| self.text.place(0), |value| place(self.text, &value.span()))
    }

    /// A problem with the value at a path.
    pub(super) fn problem(self, path: &[&str], message: impl Into<String>) -> Error {
        Error::new(Kind::Settings, message).at(self.place(path))
    }

    /// The names in a table of the root, in the order they are written.
    pub(super) fn names(self, table: &str) -> Vec<&'t str> {
        let table = self.value(&[table]).and_then(|value| value.get_ref().as_table());
        table.map(in_order).unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }
}

/// An error with the nearest of several names as its hint, or with another hint.
pub(super) fn or_nearest<'n>(
    error: Error,
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
    otherwise: &str,
) -> Error {
    match nearest(name, known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None if otherwise.is_empty() => error,
        None => error.with_hint(otherwise),
    }
}

/// How messages name a key by its path: `[stores.main] address`.
pub(super) fn label(path: &str) -> String {
    path.rsplit_once('.').map_or_else(|| path.to_owned(), |(section, key)| format!("[{section}] {key}"))
}

/// Names in a sentence.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "none".to_owned() } else { quoted.join(", ") }
}
