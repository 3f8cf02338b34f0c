//! The names of datasets as a node sees them: with its variables filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::references::Form;
use deployer_core::document::{Node, Value};
use deployer_core::error::{Note, Place};
use deployer_core::format;
use deployer_core::model::{Entity, Origin, Variables};

/// Reads the names of datasets, and collects what cannot be resolved.
#[derive(Debug)]
pub(super) struct Names<'v> {
    variables: &'v Variables,
    /// Why names cannot be resolved, with the places of these names.
    unresolved: BTreeMap<String, Vec<Place>>,
}

impl<'v> Names<'v> {
    pub(super) fn new(variables: &'v Variables) -> Self {
        Self { variables, unresolved: BTreeMap::new() }
    }

    /// Adds what could not be resolved elsewhere.
    pub(super) fn append(&mut self, other: Self) {
        for (reason, mut places) in other.unresolved {
            self.unresolved.entry(reason).or_default().append(&mut places);
        }
    }

    /// The ids of the datasets that a text or a list of texts names. A name that cannot be resolved is the text as it is.
    pub(super) fn read(&mut self, entity: &Entity, node: &Node, form: Form) -> Vec<Arc<str>> {
        let mut ids = Vec::new();
        self.collect(entity, node, form, &mut ids);
        ids
    }

    /// The dataset that has the id of a pipe.
    pub(super) fn own(&mut self, entity: &Entity) -> Arc<str> {
        let id = entity.at_path("_id").map(|node| self.read(entity, node, Form::Id));
        id.and_then(|ids| ids.into_iter().next()).unwrap_or_else(|| Arc::clone(entity.id()))
    }

    /// A warning for each reason why names cannot be resolved.
    pub(super) fn notes(self) -> impl Iterator<Item = Note> {
        self.unresolved.into_iter().map(|(reason, mut places)| {
            places.sort();
            places.dedup();
            let consequence = "a link between nodes through this dataset is not recognised";
            Note::warning(format!("{reason}: {consequence}")).at_all(places)
        })
    }

    fn collect(&mut self, entity: &Entity, node: &Node, form: Form, ids: &mut Vec<Arc<str>>) {
        match &node.value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(entity, item, form, ids)),
            // Without a dollar sign there is nothing to fill in.
            Value::String(text) if !text.contains('$') => ids.extend(id_in(text, form).map(Arc::from)),
            Value::String(text) => match self.whole(text) {
                Some(Value::Array(items)) => {
                    let texts = items.iter().filter_map(Node::as_str);
                    ids.extend(texts.filter_map(|text| id_in(text, form)).map(Arc::from));
                }
                _ => ids.extend(id_in(&self.filled(entity, node, text), form).map(Arc::from)),
            },
            _ => {}
        }
    }

    /// The variable's value if the text is one variable and nothing else.
    fn whole(&self, text: &str) -> Option<&'v Value> {
        let (before, name, after) = next_reference(text)?;
        let alone = before.is_empty() && after.is_empty();
        self.variables.entries.get(name).filter(|_| alone).map(|variable| &variable.value)
    }

    /// A text with its variables filled in. What cannot be filled in stays.
    fn filled(&mut self, entity: &Entity, node: &Node, text: &str) -> String {
        if text.contains("$SECRET(") {
            self.report(entity, node, text.find("$SECRET("), "a secret is part of the name of a dataset");
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_reference(rest) {
            filled.push_str(before);
            let offset = text.len() - rest.len() + before.len();
            match self.variables.entries.get(name).map(|variable| &variable.value) {
                Some(Value::String(value)) => filled.push_str(value),
                Some(value @ (Value::Number(_) | Value::Bool(_))) => filled.push_str(&format::compact(value)),
                other => {
                    filled.push_str(&rest[before.len()..rest.len() - after.len()]);
                    let reason = match other {
                        Some(value) => {
                            format!("variable `{name}` is {}, not the name of a dataset", value.kind_name())
                        }
                        None => format!("variable `{name}` names a dataset and is not defined"),
                    };
                    self.report(entity, node, Some(offset), &reason);
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn report(&mut self, entity: &Entity, node: &Node, offset: Option<usize>, reason: &str) {
        let place = match entity.origin() {
            Origin::Template { .. } => entity.place_of(node.span),
            origin => origin.source().place_in_string(node.span, offset.unwrap_or_default()),
        };
        self.unresolved.entry(reason.to_owned()).or_default().push(place);
    }
}

/// The id that a text names in a form.
fn id_in(text: &str, form: Form) -> Option<&str> {
    match form {
        Form::Id => Some(text.trim()).filter(|text| !text.is_empty()),
        Form::IdAndAlias => text.split_whitespace().next(),
        Form::Entity => {
            let path = text.strip_prefix("~r").unwrap_or(text).strip_prefix("sesam:")?;
            path.split_once('/').map(|(dataset, _)| dataset)
        }
    }
}

/// The text before the next `$ENV(name)`, the name, and the text after it.
fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
    const OPENING: &str = "$ENV(";
    let mut from = 0;
    while let Some(found) = text[from..].find(OPENING) {
        let name = from + found + OPENING.len();
        let end = name + text[name..].find(|c: char| c == ')' || c.is_whitespace())?;
        if text[end..].starts_with(')') {
            return Some((&text[..from + found], &text[name..end], &text[end + 1..]));
        }
        from = end;
    }
    None
}
