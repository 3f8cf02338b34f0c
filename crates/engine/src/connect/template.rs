//! Templates of replica pipes and systems.
//!
//! A template is an object or a list of objects with placeholders: `##REPLACE_ID##`, and `##INBOUND_PARENT_PIPE.a.b##` and
//! `##OUTBOUND_PARENT_PIPE.a.b##` for the value at a dotted path of a parent pipe, and `##OUTBOUND_PARENT_PIPES##` for the sorted list of
//! the ids of all outbound parents.

use deployer_core::document::{Member, Node, Object, SourceText, Span, Value};
use deployer_core::error::{Error, Kind, Result};
use deployer_core::format;
use deployer_core::model::{Entity, Origin};

/// The eight templates of an extra node; the file is named after it with `.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateKind {
    /// `pipe_on_master_from_extra_to_master`
    PipeOnMasterFromExtraToMaster,
    /// `pipe_on_extra_from_extra_to_master`
    PipeOnExtraFromExtraToMaster,
    /// `pipe_on_master_from_master_to_extra`
    PipeOnMasterFromMasterToExtra,
    /// `pipe_on_extra_from_master_to_extra`
    PipeOnExtraFromMasterToExtra,
    /// `system_on_extra_from_extra_to_master`
    SystemOnExtraFromExtraToMaster,
    /// `system_on_extra_from_master_to_extra`
    SystemOnExtraFromMasterToExtra,
    /// `system_on_master_from_master_to_extra`
    SystemOnMasterFromMasterToExtra,
    /// `system_on_master_from_extra_to_master`
    SystemOnMasterFromExtraToMaster,
}

impl TemplateKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PipeOnMasterFromExtraToMaster,
        Self::PipeOnExtraFromExtraToMaster,
        Self::PipeOnMasterFromMasterToExtra,
        Self::PipeOnExtraFromMasterToExtra,
        Self::SystemOnExtraFromExtraToMaster,
        Self::SystemOnExtraFromMasterToExtra,
        Self::SystemOnMasterFromMasterToExtra,
        Self::SystemOnMasterFromExtraToMaster,
    ];

    /// The file's name in the template folder.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::PipeOnMasterFromExtraToMaster => "pipe_on_master_from_extra_to_master.json",
            Self::PipeOnExtraFromExtraToMaster => "pipe_on_extra_from_extra_to_master.json",
            Self::PipeOnMasterFromMasterToExtra => "pipe_on_master_from_master_to_extra.json",
            Self::PipeOnExtraFromMasterToExtra => "pipe_on_extra_from_master_to_extra.json",
            Self::SystemOnExtraFromExtraToMaster => "system_on_extra_from_extra_to_master.json",
            Self::SystemOnExtraFromMasterToExtra => "system_on_extra_from_master_to_extra.json",
            Self::SystemOnMasterFromMasterToExtra => "system_on_master_from_master_to_extra.json",
            Self::SystemOnMasterFromExtraToMaster => "system_on_master_from_extra_to_master.json",
        }
    }
}

/// A parsed template file.
#[derive(Debug, Clone)]
pub struct EntityTemplate {
    /// Where it was read from.
    pub source: SourceText,
    /// The object, or the list of objects.
    pub root: Node,
}

/// The pipes that a template is filled in for.
#[derive(Debug, Clone, Copy)]
pub struct Parents<'a> {
    /// The value of `##REPLACE_ID##`.
    pub id: &'a str,
    /// The pipe whose data crosses. `None` for a system.
    pub inbound: Option<&'a Entity>,
    /// The pipes that read the data on the other node, in the order of the configuration. The first is *the* outbound parent. Empty for a
    /// system, or if no pipe reads the data.
    pub outbound: &'a [&'a Entity],
}

impl EntityTemplate {
    /// The entities that the template makes for these parents.
    ///
    /// # Errors
    /// `Verification`, with a related error for each placeholder that has no value, or a value that does not fit.
    pub fn fill(&self, parents: &Parents<'_>) -> Result<Vec<Entity>> {
        let mut filling = Filling { template: self, parents, problems: Vec::new() };
        let root = filling.node(&self.root);
        let mut problems = filling.problems;
        let origin = Origin::Template { template: self.source.clone(), crossing: None };
        let (entities, mut more) = Entity::all_of(root, &origin);
        problems.append(&mut more);
        if problems.is_empty() {
            return Ok(entities);
        }
        let whom = parents.inbound.map_or_else(String::new, |inbound| format!(" for pipe {}", inbound.id()));
        let message = format!("the template {} cannot be filled in{whom}", self.source.file());
        Err(Error::many(Kind::Verification, message, problems))
    }
}

/// One filling of one template.
struct Filling<'a> {
    template: &'a EntityTemplate,
    parents: &'a Parents<'a>,
    problems: Vec<Error>,
}

impl Filling<'_> {
    fn node(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::String(text) => self.text(text, node.span),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.node(item)).collect()),
            Value::Object(object) => Value::Object(self.object(object)),
            other => other.clone(),
        };
        Node { value, span: node.span }
    }

    fn object(&mut self, object: &Object) -> Object {
        let members: Vec<Member> = object
            .members()
            .iter()
            .map(|member| {
                let key = match self.text(&member.key, member.key_span) {
                    Value::String(key) => key,
                    Value::Number(number) => number.as_text().into(),
                    Value::Bool(flag) => flag.to_string().into(),
                    other => {
                        let message = format!("a key cannot become {}", other.kind_name());
                        self.problem(member.key_span, message);
                        member.key.clone()
                    }
                };
                Member { key, key_span: member.key_span, node: self.node(&member.node) }
            })
            .collect();
        let count = members.len();
        let filled: Object = members.into_iter().collect();
        if filled.len() < count {
            let span = object.members()[0].key_span;
            self.problem(span, "two keys of this object become the same".to_owned());
        }
        filled
    }

    /// A text with its placeholders filled in: a text that is one placeholder becomes the value itself, with its type.
    fn text(&mut self, text: &str, span: Span) -> Value {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, placeholder, after)) = next_placeholder(rest) {
            filled.push_str(before);
            let Some(value) = self.value(placeholder, span) else {
                filled.push_str(&rest[before.len()..rest.len() - after.len()]);
                rest = after;
                continue;
            };
            if before.len() + after.len() == 0 && rest.len() == text.len() {
                return value;
            }
            match &value {
                Value::String(part) => filled.push_str(part),
                Value::Number(_) | Value::Bool(_) => filled.push_str(&format::compact(&value)),
                other => {
                    let message = format!(
                        "##{placeholder}## is {} and cannot be part of a longer text",
                        other.kind_name()
                    );
                    self.problem(span, message);
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        Value::string(filled)
    }

    /// The value of a placeholder. `None`, with a problem, if it has no value.
    fn value(&mut self, placeholder: &str, span: Span) -> Option<Value> {
        if placeholder == REPLACE_ID {
            return Some(Value::string(self.parents.id));
        }
        if placeholder == ALL_OUTBOUND && self.parents.inbound.is_some() {
            let ids: std::collections::BTreeSet<&str> =
                self.parents.outbound.iter().map(|parent| &**parent.id()).collect();
            let ids = ids.into_iter().map(|id| Node { value: Value::string(id), span });
            return Some(Value::Array(ids.collect()));
        }
        let (role, parent, path) = match placeholder.split_once('.') {
            Some((INBOUND, path)) => ("inbound", self.parents.inbound, path),
            Some((OUTBOUND, path)) => ("outbound", self.parents.outbound.first().copied(), path),
            None if placeholder == ALL_OUTBOUND => ("outbound", None, ""),
            _ => return None,
        };
        let Some(parent) = parent else {
            let message = match self.parents.inbound {
                Some(inbound) => format!(
                    "##{placeholder}## has no value: no pipe of the other node reads {:?}",
                    inbound.id()
                ),
                None => format!("##{placeholder}## has no value: a system has no parent pipe"),
            };
            self.problem(span, message);
            return None;
        };
        let Some(found) = parent.at_path(path) else {
            let message = format!(
                "##{placeholder}## has no value: the {role} parent pipe {:?} has no {path:?}",
                parent.id()
            );
            let error = Error::new(Kind::Verification, message)
                .at(self.template.source.place(span.start))
                .at(parent.place())
                .with_hint(format!(
                    "add {path:?} to pipe {:?}, or another path to the template",
                    parent.id()
                ));
            self.problems.push(error);
            return None;
        };
        Some(relocated(&found.value, span))
    }

    fn problem(&mut self, span: Span, message: String) {
        self.problems
            .push(Error::new(Kind::Verification, message).at(self.template.source.place(span.start)));
    }
}

const REPLACE_ID: &str = "REPLACE_ID";
const INBOUND: &str = "INBOUND_PARENT_PIPE";
const OUTBOUND: &str = "OUTBOUND_PARENT_PIPE";
const ALL_OUTBOUND: &str = "OUTBOUND_PARENT_PIPES";

/// The text before the next placeholder, the placeholder without its marks, and the text after it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("##") {
        let start = from + found + 2;
        let end = start + text[start..].find("##")?;
        let name = &text[start..end];
        let known = [INBOUND, OUTBOUND].iter().any(|prefix| {
            name.strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|path| !path.is_empty())
        });
        if name == REPLACE_ID || name == ALL_OUTBOUND || known {
            return Some((&text[..start - 2], name, &text[end + 2..]));
        }
        from = start;
    }
    None
}

/// A value of a parent pipe as part of the template: its place is that of the placeholder.
fn relocated(value: &Value, span: Span) -> Value {
    let node = |node: &Node| Node { value: relocated(&node.value, span), span };
    match value {
        Value::Array(items) => Value::Array(items.iter().map(node).collect()),
        Value::Object(object) => Value::Object(
            object
                .members()
                .iter()
                .map(|member| Member { key: member.key.clone(), key_span: span, node: node(&member.node) })
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities};

    fn template(text: &str) -> EntityTemplate {
        let source = SourceText::new("t.json", text);
        let root = source.parse().unwrap().root;
        EntityTemplate { source, root }
    }

    fn parent() -> Entity {
        let text =
            r#"{"_id": "p \"q\"", "batch_size": 10, "ok": true, "list": ["a", {"b": "c"}], "type": "pipe"}"#;
        read_entities(&[SourceText::new("p.json", text)], Strictness::Strict).entities.remove(0)
    }

    fn filled(text: &str) -> Result<String> {
        let parent = parent();
        let parents = Parents { id: parent.id(), inbound: Some(&parent), outbound: &[] };
        template(text).fill(&parents).map(|entities| {
            entities.iter().map(|entity| format::compact(entity.value())).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn a_whole_placeholder_keeps_the_type_and_a_part_becomes_text() {
        let text = r###"{"_id": "##REPLACE_ID##-x", "n": "##INBOUND_PARENT_PIPE.batch_size##",
            "l": "##INBOUND_PARENT_PIPE.list##", "i": "##INBOUND_PARENT_PIPE.list.1.b##",
            "t": "at ##INBOUND_PARENT_PIPE.batch_size##, ##INBOUND_PARENT_PIPE.ok##", "k-##INBOUND_PARENT_PIPE.type##": 1,
            "all": "##OUTBOUND_PARENT_PIPES##"}"###;
        let expected =
            r#"{"_id":"p \"q\"-x","n":10,"l":["a",{"b":"c"}],"i":"c","t":"at 10, true","k-pipe":1,"all":[]}"#;
        assert_eq!(filled(text).unwrap(), expected);
    }

    #[test]
    fn a_list_gives_several_entities_and_other_marks_stay() {
        let text = r###"[{"_id": "##REPLACE_ID##"}, {"_id": "b", "x": "a ## b ##OTHER## ####"}]"###;
        assert_eq!(filled(text).unwrap(), r#"{"_id":"p \"q\""} {"_id":"b","x":"a ## b ##OTHER## ####"}"#);
    }

    #[test]
    fn every_placeholder_without_a_value_is_named_with_its_place() {
        let text = "{\"_id\": \"x\",\n \"a\": \"##INBOUND_PARENT_PIPE.nope##\",\n \"b\": \"##OUTBOUND_PARENT_PIPE._id##\",\n \"c\": \"x ##INBOUND_PARENT_PIPE.list##\"}";
        let error = filled(text).unwrap_err();
        let lines: Vec<String> =
            error.related().iter().map(|related| format!("{} {related}", related.places()[0])).collect();
        assert!(lines[0].starts_with("t.json:2:7 ##INBOUND_PARENT_PIPE.nope## has no value"), "{lines:?}");
        assert!(
            lines[1].starts_with("t.json:3:7 ##OUTBOUND_PARENT_PIPE._id## has no value: no pipe"),
            "{lines:?}"
        );
        assert!(lines[2].contains("cannot be part of a longer text"), "{lines:?}");
    }
}
