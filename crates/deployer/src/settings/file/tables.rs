//! The tables of one environment, and the problems with them.

use std::cell::RefCell;

use deployer_core::error::{Place, did_you_mean};
use deployer_core::plugin::type_name;
use deployer_core::{Error, Kind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::settings::merge::{Value, in_order, place, value_at};
use crate::settings::parts::{Origin, list};

/// The effective tables, the text that they come from, and the problems that were found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tables<'t> {
    pub(super) root: &'t DeTable<'static>,
    pub(super) origin: &'t Origin,
    pub(super) problems: &'t RefCell<Vec<Error>>,
}

impl<'t> Tables<'t> {
    /// The value at a path; positions in lists are numbers.
    pub(super) fn value(self, path: &[&str]) -> Option<&'t Value> {
        value_at(self.root, path)
    }

    /// The text at a path.
    pub(super) fn text(self, path: &[&str]) -> Option<&'t str> {
        self.value(path)?.get_ref().as_str()
    }

    /// The place of the value at a path, or of the nearest table around it.
    pub(super) fn place(self, path: &[&str]) -> Place {
        let value = (1..=path.len()).rev().find_map(|length| self.value(&path[..length]));
        place(&self.origin.text, &value.map(Spanned::span).unwrap_or_default())
    }

    /// Adds a problem.
    pub(super) fn add(self, problem: Error) {
        self.problems.borrow_mut().push(problem);
    }

    /// Adds a problem with the value at a path. A hint can be empty.
    pub(super) fn reject(self, path: &[&str], message: impl Into<String>, hint: &str) {
        let hint = Some(hint).filter(|hint| !hint.is_empty());
        let problem = Error::new(Kind::Settings, message).at(self.place(path));
        self.add(hint.into_iter().fold(problem, Error::with_hint));
    }

    /// Adds a problem, behind `label`, if the store that the value at a path names is not defined.
    pub(super) fn check_store(self, path: &[&str], label: &str, store: &str, stores: &[&str]) {
        if !stores.contains(&store) {
            let message = format!("{label}: unknown store `{store}`; defined: {}", list(stores));
            let define = || format!("define it: add a table [stores.{store}]");
            let hint = did_you_mean(store, stores.iter().copied()).unwrap_or_else(define);
            self.reject(path, message, &hint);
        }
    }

    /// What another part of the program made of the value at a path; its problem is added, behind `label`.
    pub(super) fn accept<T>(self, path: &[&str], label: &str, made: Result<T, Error>) -> Option<T> {
        made.map_err(|problem| self.add(problem.context(label).at(self.place(path)))).ok()
    }

    /// The names in a table, in the order they are written. A value that is not a table is a problem.
    pub(super) fn names(self, path: &[&str]) -> Vec<&'t str> {
        match self.value(path).map(Spanned::get_ref) {
            None => Vec::new(),
            Some(DeValue::Table(table)) => in_order(table).into_iter().map(|(name, _)| name).collect(),
            Some(other) => {
                let message = format!("[{}]: expected a table, found {}", path.join("."), type_name(other));
                self.reject(path, message, "");
                Vec::new()
            }
        }
    }
}

/// How messages name a key by its path: `[stores.main] address`.
pub(super) fn label(path: &str) -> String {
    path.rsplit_once('.').map_or_else(|| path.to_owned(), |(section, key)| format!("[{section}] {key}"))
}
