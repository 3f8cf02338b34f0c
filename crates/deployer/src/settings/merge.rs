//! The tables of a settings file with the overrides of one environment in them. Every value keeps its place in the text.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use deployer_core::document::SourceText;
use deployer_core::error::Place;
use deployer_core::plugin::syntax_error;
use deployer_core::{Error, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table whose keys and values know their place.
pub(super) type Table = Spanned<DeTable<'static>>;

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
pub(super) fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t str, &'t Spanned<DeValue<'a>>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members.into_iter().map(|(key, value)| (&**key.get_ref(), value)).collect()
}

/// The value at a path; positions in lists are numbers.
pub(super) fn value_at<'t, 'a>(
    root: &'t DeTable<'a>,
    path: &[impl AsRef<str>],
) -> Option<&'t Spanned<DeValue<'a>>> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(root.get(first.as_ref())?, |value, step| match value.get_ref() {
        DeValue::Table(table) => table.get(step.as_ref()),
        DeValue::Array(items) => items.get(step.as_ref().parse::<usize>().ok()?),
        _ => None,
    })
}

/// The place where a value starts.
pub(super) fn place(text: &SourceText, span: &std::ops::Range<usize>) -> Place {
    text.place(u32::try_from(span.start).unwrap_or(u32::MAX))
}

/// The effective tables of an environment: `[environments.<name>]` merged over the rest, without the keys that its `unset` lists.
///
/// Tables are merged key by key, whether they are written inline or not. Everything else is replaced, and so are a table that names
/// another `kind`, a reference to a credential, and in a plugin's section the one way that is chosen of several, such as a login.
pub(super) fn effective(
    root: &Table,
    environment: &str,
    text: &SourceText,
    problems: &mut Vec<Error>,
) -> Table {
    let mut root = root.clone();
    let environments = root.get_mut().remove("environments").map(Spanned::into_inner);
    if let Some(DeValue::Table(mut environments)) = environments
        && let Some(DeValue::Table(mut overrides)) = environments.remove(environment).map(Spanned::into_inner)
    {
        let unset = overrides.remove(UNSET);
        merge(root.get_mut(), overrides, false);
        for key in unset.iter().flat_map(|list| list.get_ref().as_array()).flatten() {
            problems.extend(remove(root.get_mut(), key, environment, text));
        }
        let is_list = |list: &Spanned<DeValue<'_>>| list.get_ref().is_array();
        if let Some(list) = unset.filter(|list| !is_list(list)) {
            let message = format!("[environments.{environment}] {UNSET}: expected a list of keys");
            problems.push(Error::new(Kind::Settings, message).at(place(text, &list.span())));
        }
    }
    root
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
    ["env", "file", "command"].iter().any(|key| table.contains_key(*key))
        && table
            .keys()
            .all(|key| ["env", "field", "file", "command", "variables"].contains(&&**key.get_ref()))
}

fn kind<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    table.get("kind").and_then(|kind| kind.get_ref().as_str())
}

/// Removes the key that an item of `unset` names: `stores.main.http.ca_file`.
fn remove(
    root: &mut DeTable<'static>,
    key: &Spanned<DeValue<'_>>,
    environment: &str,
    text: &SourceText,
) -> Option<Error> {
    let problem = |message: String| {
        let message = format!("[environments.{environment}] {UNSET}: {message}");
        Some(Error::new(Kind::Settings, message).at(place(text, &key.span())))
    };
    let path = key.get_ref().as_str().and_then(steps).filter(|path| !path.is_empty());
    let Some(path) = path else {
        return problem(
            "expected keys with dots between their parts, such as `safety.max_deletions`".to_owned(),
        );
    };
    let (last, tables) = path.split_last()?;
    let table = tables.iter().try_fold(root, |table, step| match table.get_mut(step.as_str())?.get_mut() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    });
    match table.and_then(|table| table.remove(last.as_str())) {
        Some(_) => None,
        None => problem(format!("the file has no key `{}`", path.join("."))),
    }
}

/// The steps of a key as TOML writes it.
fn steps(key: &str) -> Option<Vec<String>> {
    let line = format!("{key} = 0");
    let mut table = DeTable::parse(&line).ok()?.into_inner();
    let mut steps = Vec::new();
    while let [(key, _)] = table.iter().collect::<Vec<_>>()[..] {
        let key = key.get_ref().to_string();
        let inner = table.remove(key.as_str()).map(Spanned::into_inner);
        steps.push(key);
        match inner {
            Some(DeValue::Table(inner)) => table = inner,
            _ => break,
        }
    }
    Some(steps)
}

/// What a value is, in the words that other messages use.
pub(super) fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
