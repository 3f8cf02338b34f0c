//! Secret values that an entity or a variable contains literally. A file does not store them: they are masked when it is written, and
//! taken from the node when it is used.

use super::masked::Masked;
use super::{Purpose, Saved, SavedNode};
use deployer_core::document::{Member, Node, Value};
use deployer_core::error::{Error, Kind, Note};
use deployer_core::model::{Desired, Entity, NodeName, Observed, Variable};
use deployer_core::secret::Redactor;

impl Saved {
    /// The same without the secret values that entities and variables contain literally, and a note per node that has such parts.
    #[must_use]
    pub fn masked(&self, redactor: &Redactor) -> (Self, Vec<Note>) {
        let mut saved = self.clone();
        let mut notes = Vec::new();
        for node in &mut saved.nodes {
            node.mask(redactor);
            if !node.masked.is_empty() {
                notes.push(Note::remark(format!(
                    "the {} does not store the secret values that node {} contains literally: {}",
                    self.purpose.word(),
                    node.node,
                    node.masked.names()
                )));
            }
        }
        (saved, notes)
    }
}

impl SavedNode {
    fn mask(&mut self, redactor: &Redactor) {
        for entity in &mut self.desired.entities {
            if let Some(masked) = masked_entity(entity, redactor) {
                self.masked.entities.insert(masked.id().to_string());
                *entity = masked;
            }
        }
        for (name, variable) in self.desired.variables.iter_mut().flat_map(|variables| &mut variables.entries)
        {
            if let Some(value) = masked_value(&variable.value, redactor) {
                self.masked.variables.insert(name.clone());
                variable.value = value;
            }
        }
    }
}

/// Replaces the masked parts of a node by what runs there. A plan is refused where that is not what was planned. A restored node
/// keeps such a part as it is, with a warning.
pub(crate) fn fill_in(
    node: &NodeName,
    purpose: Purpose,
    masked: &Masked,
    desired: &mut Desired,
    observed: &Observed,
    redactor: &Redactor,
) -> (Vec<Note>, Vec<Error>) {
    let mut differing = Vec::new();
    desired.entities.retain_mut(|entity| {
        if !masked.entities.contains(&**entity.id()) {
            return true;
        }
        let running = observed.entities.iter().find(|running| running.id() == entity.id());
        if !running.is_some_and(|running| is_same(running.value(), entity.value(), redactor)) {
            differing.push(format!("{} {}", entity.kind().noun(), entity.id()));
        }
        running.is_some_and(|running| {
            *entity = running.clone();
            true
        })
    });
    if let Some(variables) = &mut desired.variables {
        let running = observed.variables.as_ref().map(|variables| &variables.entries);
        variables.entries.retain(|name, variable| {
            if !masked.variables.contains(name) {
                return true;
            }
            let running: Option<&Variable> = running.and_then(|running| running.get(name));
            if !running.is_some_and(|running| is_same(&running.value, &variable.value, redactor)) {
                differing.push(format!("variable {name}"));
            }
            running.is_some_and(|running| {
                variable.value = running.value.clone();
                true
            })
        });
    }
    let (mut notes, mut errors) = (Vec::new(), Vec::new());
    for part in differing {
        let message =
            format!("node {node}: the {} does not store a secret value in the {part}", purpose.word());
        match purpose {
            Purpose::Plan => errors.push(Error::new(Kind::Refused, message).with_hint(
                "write $SECRET(name) in the configuration in place of the value and plan again, or run `sesam-deployer deploy`",
            )),
            Purpose::Snapshot => notes.push(Note::warning(format!("{message}; it stays as it is"))),
        }
    }
    (notes, errors)
}

/// Whether a value is the one that was masked.
fn is_same(running: &Value, saved: &Value, redactor: &Redactor) -> bool {
    masked_value(running, redactor).as_ref().unwrap_or(running) == saved
}

fn masked_entity(entity: &Entity, redactor: &Redactor) -> Option<Entity> {
    let value = masked_value(entity.value(), redactor)?;
    let root = Node { value, span: entity.root().span };
    Entity::new(root, entity.origin().clone()).ok()
}

/// The value without secrets in its texts and numbers. `None` if it contains no secret.
fn masked_value(value: &Value, redactor: &Redactor) -> Option<Value> {
    match value {
        Value::String(text) => masked_text(text, redactor).map(Value::string),
        Value::Number(number) => masked_text(number.as_text(), redactor).map(Value::string),
        Value::Array(items) => masked_items(items, |item| {
            Some(Node { value: masked_value(&item.value, redactor)?, span: item.span })
        })
        .map(Value::Array),
        Value::Object(object) => {
            masked_items(object.members(), |member| masked_member(member, redactor)).map(Value::object)
        }
        Value::Null | Value::Bool(_) => None,
    }
}

fn masked_member(member: &Member, redactor: &Redactor) -> Option<Member> {
    let key = masked_text(&member.key, redactor);
    let value = masked_value(&member.node.value, redactor);
    (key.is_some() || value.is_some()).then(|| {
        let value = value.unwrap_or_else(|| member.node.value.clone());
        Member::new(key.map_or_else(|| member.key.clone(), Into::into), value)
    })
}

fn masked_text(text: &str, redactor: &Redactor) -> Option<String> {
    redactor.masked(text).map(|(masked, _)| masked).filter(|masked| masked != text)
}

/// A list with its items masked; `None` if none contains a secret.
fn masked_items<T: Clone>(items: &[T], masked: impl Fn(&T) -> Option<T>) -> Option<Vec<T>> {
    let (at, first) = items.iter().enumerate().find_map(|(at, item)| Some((at, masked(item)?)))?;
    let rest = items[at + 1..].iter().map(|item| masked(item).unwrap_or_else(|| item.clone()));
    Some(items[..at].iter().cloned().chain([first]).chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::model::Variables;
    use deployer_core::secret::SecretValue;

    use super::*;
    use crate::stages::{Strictness, read_entities};

    fn entities(text: &str) -> Vec<Entity> {
        read_entities(&[SourceText::new("a.conf.json", text)], Strictness::Strict).entities
    }

    fn variables(text: &str) -> Option<Variables> {
        let source = SourceText::new("v.json", text);
        Some(Variables::from_document(&source.parse().unwrap().root, &source).unwrap())
    }

    fn saved(purpose: Purpose) -> (Saved, Redactor) {
        let redactor = Redactor::default();
        redactor.add("pw", &SecretValue::new("hunter2\"hunter2"));
        let desired = Desired::default().with_entities(entities(
                r#"[{"_id": "a", "type": "pipe", "x": [1.50, "{\"pw\": \"hunter2\\\"hunter2\"}"]}, {"_id": "b", "type": "pipe"}]"#,
            )).with_variables(variables(r#"{"host": "h", "pw": "hunter2\"hunter2"}"#));
        let node = SavedNode::new("master".into(), "here".to_owned(), "1".into(), desired);
        let saved = Saved::new(purpose, "test".to_owned(), None, vec![node]);
        let (masked, notes) = saved.masked(&redactor);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].message.ends_with("literally: a, variable pw"), "{notes:?}");
        let text = masked.to_text();
        assert!(!text.contains("hunter2") && text.contains("1.50"), "{text}");
        let read = Saved::parse(&SourceText::new("saved.json", text.as_str())).unwrap();
        assert_eq!(read.to_text(), text);
        (read, redactor)
    }

    fn filled(purpose: Purpose, running: &str) -> (Desired, Vec<Note>, Vec<Error>) {
        let (saved, redactor) = saved(purpose);
        let node = &saved.nodes[0];
        let mut desired = node.desired.clone();
        let mut observed = Observed::new("1".into(), entities(running));
        observed.variables = variables(r#"{"pw": "hunter2\"hunter2"}"#);
        let (notes, errors) = fill_in(&node.node, purpose, &node.masked, &mut desired, &observed, &redactor);
        (desired, notes, errors)
    }

    const SAME: &str = r#"{"_id": "a", "type": "pipe", "x": [1.50, "{\"pw\": \"hunter2\\\"hunter2\"}"]}"#;

    #[test]
    fn a_masked_part_that_still_runs_is_taken_from_the_node() {
        for purpose in [Purpose::Plan, Purpose::Snapshot] {
            let (desired, notes, errors) = filled(purpose, SAME);
            assert!(notes.is_empty() && errors.is_empty(), "{notes:?} {errors:?}");
            assert_eq!(desired.entities[0].value(), entities(SAME)[0].value());
            assert_eq!(desired.entities.len(), 2);
            let password = &desired.variables.unwrap().entries["pw"].value;
            assert_eq!(password.as_str(), Some("hunter2\"hunter2"));
        }
    }

    #[test]
    fn a_masked_part_that_does_not_run_refuses_a_plan_and_is_not_restored() {
        let other = r#"{"_id": "a", "type": "pipe", "x": [2, ""]}"#;
        for (running, left) in [(other, 2), ("[]", 1)] {
            let (_, notes, errors) = filled(Purpose::Plan, running);
            assert_eq!((notes.len(), errors.len(), errors[0].kind()), (0, 1, Kind::Refused));
            let (desired, notes, errors) = filled(Purpose::Snapshot, running);
            assert_eq!((desired.entities.len(), errors.len()), (left, 0));
            assert!(notes[0].message.contains("in the pipe a; it stays as it is"), "{notes:?}");
        }
    }
}
