//! Variables: what `$ENV(name)` stands for.

use std::collections::BTreeMap;

use crate::document::{Node, SourceText, Value};
use crate::error::{Error, Kind, Place, Result};

/// The value of a variable and where it was set.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Any JSON value, usually a text, a number, true or false.
    pub value: Value,
    /// Where it was set; none when it was read from a node.
    pub place: Option<Place>,
}

/// Variables by name.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// The variables in order of their names.
    pub entries: BTreeMap<String, Variable>,
}

impl Variables {
    /// Reads a variables file: one object, name to value.
    ///
    /// # Errors
    /// `Verification` when the document is no object.
    pub fn from_document(root: &Node, source: &SourceText) -> Result<Self> {
        let Some(object) = root.value.as_object() else {
            return Err(Error::new(
                Kind::Verification,
                format!("a variables file must hold an object, this is {}", root.value.kind_name()),
            )
            .at(source.place(root.span.start))
            .with_hint("write `{\"name\": \"value\"}`"));
        };
        let entries = object.members().iter().map(|member| {
            let place = Some(source.place(member.key_span.start));
            (member.key.to_string(), Variable { value: member.node.value.clone(), place })
        });
        Ok(Self { entries: entries.collect() })
    }

    /// Adds the variables of another file; of a name in both, the other's value counts.
    pub fn merge(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// Whether both hold the same names with equal values; places do not matter.
    pub fn same_values(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self
                .entries
                .iter()
                .zip(&other.entries)
                .all(|((name, mine), (their_name, theirs))| name == their_name && mine.value == theirs.value)
    }

    /// The variables as one JSON object.
    pub fn to_value(&self) -> Value {
        Value::Object(
            self.entries
                .iter()
                .map(|(name, variable)| crate::document::Member::new(name.as_str(), variable.value.clone()))
                .collect(),
        )
    }
}
