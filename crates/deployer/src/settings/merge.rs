//! The tables of a settings file with the overrides of one environment in them. Every value keeps its place in the text.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use deployer_core::document::SourceText;
use deployer_core::error::Place;
use deployer_core::plugin::syntax_error;
use deployer_core::{Error, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table whose keys and values know their place.
pub(super) type Table = Spanned<DeTable<'static>>;

/// A value that knows its place.
pub(super) type Value = Spanned<DeValue<'static>>;

/// The most syntax errors of one file that are reported; later ones are mostly consequences of earlier ones.
const MOST_ERRORS: usize = 20;

/// The key of an environment that lists the keys to remove.
pub(super) const UNSET: &str = "unset";

/// Parses the text of a settings file, as far as it can be read, with every error of syntax. An error does not repeat the line, which
/// can hold a credential.
pub(super) fn parse(text: &SourceText) -> (Table, Vec<Error>) {
    let (table, causes) = DeTable::parse_recoverable(kept(text.text()));
    let problems = causes.iter().take(MOST_ERRORS).map(|cause| syntax_error(text, cause));
    (table, problems.collect())
}

/// A text that tables can borrow for the rest of the process. A text that is read again, as `watch` does, is stored once.
pub(super) fn kept(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    // A set is whole after a panic: nothing here panics between two changes of it.
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(stored) = texts.get(text) {
        return stored;
    }
    let stored: &'static str = Box::leak(text.to_owned().into_boxed_str());
    texts.insert(stored);
    stored
}

/// The members of a table in the order they are written.
pub(super) fn in_order<'t>(table: &'t DeTable<'static>) -> Vec<(&'t str, &'t Value)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members.into_iter().map(|(key, value)| (&**key.get_ref(), value)).collect()
}

/// The values below a value in the order they are written, each with its path. A list is one value, and so is a reference to a
/// credential.
pub(super) fn leaves<'t>(value: &'t Value, path: &[&'t str]) -> Vec<(Vec<&'t str>, &'t Value)> {
    match value.get_ref() {
        DeValue::Table(table) if !is_credential(table) && !table.is_empty() => {
            let members = in_order(table).into_iter();
            members.flat_map(|(key, inner)| leaves(inner, &[path, &[key]].concat())).collect()
        }
        _ => vec![(path.to_vec(), value)],
    }
}

/// The value at a path; positions in lists are numbers.
pub(super) fn value_at<'t>(root: &'t DeTable<'static>, path: &[impl AsRef<str>]) -> Option<&'t Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(root.get(first.as_ref())?, |value, step| match value.get_ref() {
        DeValue::Table(table) => table.get(step.as_ref()),
        DeValue::Array(items) => items.get(step.as_ref().parse::<usize>().ok()?),
        _ => None,
    })
}

/// Makes a folder the source of the configuration. No place of the text leads to it.
pub(super) fn use_folder(root: &mut Table, folder: &Path) {
    let key = |name: &'static str| Spanned::new(0..0, name.into());
    let text = |text: String| Spanned::new(0..0, DeValue::String(text.into()));
    let members =
        [(key("kind"), text("folder".to_owned())), (key("path"), text(folder.display().to_string()))];
    let source = Spanned::new(0..0, DeValue::Table(members.into_iter().collect()));
    root.get_mut().insert(key("source"), source);
}

/// The place where a value starts.
pub(super) fn place(text: &SourceText, span: &std::ops::Range<usize>) -> Place {
    text.place(u32::try_from(span.start).unwrap_or(u32::MAX))
}

/// The effective tables of an environment: `[environments.<name>]` merged over the rest, without the keys that its `unset` lists.
///
/// Tables are merged key by key, whether they are written inline or not. Everything else is replaced, and so are a table that names
/// another `kind`, a reference to a credential, and in a plugin's section the one way that is chosen of several, such as a login.
pub(super) fn effective(root: &Table, environment: &str, text: &SourceText) -> (Table, Vec<Error>) {
    let (mut root, mut problems) = (root.clone(), Vec::new());
    let environments = root.get_mut().remove("environments").map(Spanned::into_inner);
    if let Some(DeValue::Table(mut environments)) = environments
        && let Some(DeValue::Table(mut overrides)) = environments.remove(environment).map(Spanned::into_inner)
    {
        let unset = overrides.remove(UNSET);
        merge(root.get_mut(), overrides, false);
        let reject = |value: &Value, message: String| {
            let message = format!("[environments.{environment}] {UNSET}: {message}");
            Error::new(Kind::Settings, message).at(place(text, &value.span()))
        };
        match unset.as_ref().map(|list| (list, list.get_ref())) {
            None => {}
            Some((_, DeValue::Array(keys))) => {
                let removed = keys.iter().map(|key| (key, remove(root.get_mut(), key.get_ref())));
                problems.extend(removed.filter_map(|(key, removed)| Some(reject(key, removed.err()?))));
            }
            Some((list, _)) => problems.push(reject(list, "expected a list of keys".to_owned())),
        }
    }
    (root, problems)
}

/// `of_plugin` says whether the table is a plugin's or lies in one.
fn merge(base: &mut DeTable<'static>, overrides: DeTable<'static>, of_plugin: bool) {
    let of_plugin = of_plugin || kind(base).is_some();
    for (key, value) in overrides {
        let Some(slot) = base.get_mut(&**key.get_ref()) else {
            base.insert(key, value);
            continue;
        };
        let span = value.span();
        match (slot.get_mut(), value.into_inner()) {
            (DeValue::Table(below), DeValue::Table(above)) if !replaces(below, &above, of_plugin) => {
                merge(below, above, of_plugin);
            }
            (_, value) => *slot = Spanned::new(span, value),
        }
    }
}

/// Whether a table replaces the one below it as a whole.
fn replaces(below: &DeTable<'_>, above: &DeTable<'_>, of_plugin: bool) -> bool {
    let other_kind = kind(below).zip(kind(above)).is_some_and(|(below, above)| below != above);
    // The one table in a table says which of several ways is chosen: `login = { github = { … } }`.
    let way = |table: &DeTable<'_>| match table.iter().collect::<Vec<_>>()[..] {
        [(key, value)] if value.get_ref().is_table() => Some(key.get_ref().to_string()),
        _ => None,
    };
    let other_way = of_plugin && way(below).zip(way(above)).is_some_and(|(below, above)| below != above);
    other_kind || other_way || (is_credential(below) && is_credential(above))
}

/// Whether a table is a reference to a credential.
pub(super) fn is_credential(table: &DeTable<'_>) -> bool {
    let mut keys = table.keys().map(|key| &**key.get_ref());
    ["env", "file", "command"].iter().any(|key| table.contains_key(*key))
        && keys.all(|key| ["env", "field", "file", "command", "variables"].contains(&key))
}

fn kind<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    table.get("kind").and_then(|kind| kind.get_ref().as_str())
}

/// Removes the key that an item of `unset` names: `stores.main.http.ca_file`.
fn remove(root: &mut DeTable<'static>, key: &DeValue<'_>) -> Result<(), String> {
    let path = key.as_str().and_then(steps).unwrap_or_default();
    let Some((last, tables)) = path.split_last() else {
        return Err("expected keys with dots between their parts, such as `safety.max_deletions`".to_owned());
    };
    let table = tables.iter().try_fold(root, |table, step| match table.get_mut(step.as_str())?.get_mut() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    });
    let removed = table.and_then(|table| table.remove(last.as_str()));
    removed.map(drop).ok_or_else(|| format!("the file has no key `{}`", path.join(".")))
}

/// The steps of a key as TOML writes it.
fn steps(key: &str) -> Option<Vec<String>> {
    let line = format!("{key} = 0");
    let table = DeTable::parse(&line).ok().filter(|table| table.get_ref().len() == 1)?;
    let (mut steps, mut next) = (Vec::new(), table.get_ref().iter().next());
    while let Some((key, value)) = next {
        steps.push(key.get_ref().to_string());
        next = value.get_ref().as_table().and_then(|table| table.iter().next());
    }
    Some(steps)
}

#[cfg(test)]
mod tests;
