//! Where variables and secrets are used.

use std::collections::BTreeMap;

use crate::shares::in_shares;
use deployer_core::document::Span;
use deployer_core::error::Place;
use deployer_core::model::{Entity, Origin, SecretName};

/// One `$ENV(name)` or `$SECRET(name)`.
#[derive(Debug, Clone)]
pub struct Use {
    entity: Entity,
    span: Span,
    offset: usize,
}

/// The uses of a set of entities by name, in the order they were found.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// `$ENV(name)`
    pub variables: BTreeMap<String, Vec<Use>>,
    /// `$SECRET(name)`
    pub secrets: BTreeMap<SecretName, Vec<Use>>,
}

impl Use {
    /// The file, line and column of the `$`. For a generated entity, the place in the template.
    pub fn place(&self) -> Place {
        match self.entity.origin() {
            Origin::Template { .. } => self.entity.place_of(self.span),
            Origin::File(source)
            | Origin::Observed(source)
            | Origin::Connector { template: source, .. }
            | Origin::Saved { file: source, .. } => source.place_in_string(self.span, self.offset),
        }
    }

    /// The entity that contains it.
    pub fn entity(&self) -> &Entity {
        &self.entity
    }
}

impl Uses {
    fn append(&mut self, other: Self) {
        for (name, mut uses) in other.variables {
            self.variables.entry(name).or_default().append(&mut uses);
        }
        for (name, mut uses) in other.secrets {
            self.secrets.entry(name).or_default().append(&mut uses);
        }
    }
}

/// The places of uses, each once, in order.
pub(super) fn places<'u>(uses: impl IntoIterator<Item = &'u Use>) -> Vec<Place> {
    let mut places: Vec<Place> = uses.into_iter().map(Use::place).collect();
    places.sort();
    places.dedup();
    places
}

/// Finds every `$ENV(name)` and `$SECRET(name)` in the texts and keys of entities. A name has no blanks and ends at the first `)`.
pub fn uses(entities: &[Entity]) -> Uses {
    let mut shares = in_shares(entities, uses_of_share).into_iter();
    let mut all = shares.next().unwrap_or_default();
    shares.for_each(|share| all.append(share));
    all
}

fn uses_of_share(entities: &[Entity]) -> Uses {
    let mut found = Uses::default();
    for entity in entities {
        entity.value().for_each_text(entity.root().span, &mut |text, span| {
            // Few texts contain a dollar sign, and looking for one byte is fast.
            if !text.as_bytes().contains(&b'$') {
                return;
            }
            scan(text, |form, name, offset| {
                let used = Use { entity: entity.clone(), span, offset };
                match form {
                    Form::Variable => found.variables.entry(name.to_owned()).or_default().push(used),
                    Form::Secret => found.secrets.entry(SecretName::new(name)).or_default().push(used),
                }
            });
        });
    }
    found
}

enum Form {
    Variable,
    Secret,
}

fn scan(text: &str, mut found: impl FnMut(Form, &str, usize)) {
    let mut from = 0;
    while let Some(dollar) = text[from..].find('$') {
        let start = from + dollar;
        let rest = &text[start..];
        let (form, opening) = match rest {
            _ if rest.starts_with("$ENV(") => (Form::Variable, "$ENV(".len()),
            _ if rest.starts_with("$SECRET(") => (Form::Secret, "$SECRET(".len()),
            _ => {
                from = start + 1;
                continue;
            }
        };
        let name = &rest[opening..];
        match name.find(|c: char| c == ')' || c.is_whitespace()) {
            Some(end) if name[end..].starts_with(')') => {
                found(form, &name[..end], start);
                from = start + opening + end + 1;
            }
            _ => from = start + opening,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities};
    use deployer_core::document::SourceText;

    #[test]
    fn uses_are_found_in_keys_and_texts_with_their_place() {
        let text = "{\"_id\": \"s\",\n \"$ENV(key)\": [\"x\\n$SECRET(a.b-c) $ENV(key)\"],\n \"n\": \"$ENV(no name) $ENV(open\"}";
        let read = read_entities(&[SourceText::new("s.json", text)], Strictness::Strict);
        let found = uses(&read.entities);
        let names: Vec<(&str, Vec<String>)> = found
            .variables
            .iter()
            .map(|(name, uses)| (name.as_str(), uses.iter().map(|used| used.place().to_string()).collect()))
            .collect();
        assert_eq!(names, [("key", vec!["s.json:2:3".to_owned(), "s.json:2:35".to_owned()])]);
        let secret = &found.secrets["a.b-c"][0];
        assert_eq!(secret.place().to_string(), "s.json:2:20");
    }
}
