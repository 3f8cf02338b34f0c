//! Substitutes variables and selects conditional properties.
//!
//! What does not change is not copied. Replaced values keep the span of the text they come from.

use deployer_core::document::{Member, Node, Span, Value};
use deployer_core::model::Variables;

use crate::fault::{Fault, Finding};
use crate::names::NamedAt;
use crate::substitution::{references, substitute};
use crate::tree::{CONDITIONAL, has_variable, members, text};

/// Where a value is in an entity. Conditional properties are not allowed everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    Root,
    Config,
    Transform,
    /// Embedded entities: data, not configuration.
    Data,
}

impl Region {
    fn below(self) -> Self {
        if self == Self::Root { Self::Config } else { self }
    }
}

/// Resolves the values of one entity.
pub(crate) struct Resolver<'v> {
    pub(crate) variables: &'v Variables,
    pub(crate) findings: Vec<Finding>,
    /// References to variables that are not defined.
    pub(crate) undefined: Vec<NamedAt>,
}

impl<'v> Resolver<'v> {
    pub(crate) fn new(variables: &'v Variables) -> Self {
        Self { variables, findings: Vec::new(), undefined: Vec::new() }
    }

    pub(crate) fn find(&mut self, span: Span, fault: Fault) {
        self.findings.push(Finding { fault, span });
    }

    /// The resolved value; `None` if it equals the value as written.
    pub(crate) fn node(&mut self, node: &Node, region: Region) -> Option<Node> {
        match &node.value {
            Value::String(text) if has_variable(text) => {
                self.string(text, node.span).map(|value| rooted(value, node.span))
            }
            Value::Array(items) => {
                let items = replaced(items, |_, item| self.node(item, region.below()))?;
                Some(Node { value: Value::Array(items), span: node.span })
            }
            Value::Object(_) => self.object(node, region),
            _ => None,
        }
    }

    /// A string with its variables replaced; `None` if that changes nothing.
    fn string(&mut self, text: &str, span: Span) -> Option<Value> {
        let mut changes = false;
        for (_, name) in references(text, "$ENV") {
            match self.variables.entries.contains_key(name) {
                true => changes = true,
                false => self.undefined.push(NamedAt { name: name.to_owned(), span }),
            }
        }
        changes.then(|| substitute(text, self.variables))
    }

    fn object(&mut self, node: &Node, region: Region) -> Option<Node> {
        let selected;
        let (object, is_selected) = match node.get(CONDITIONAL) {
            Some(_) if region != Region::Data => {
                selected = self.select(node, region);
                (selected.as_slice(), true)
            }
            _ => (members(node), false),
        };
        let has_data =
            object.iter().any(|member| &*member.key == "type" && member.node.as_str() == Some("embedded"));
        let resolved = replaced(object, |_, member| {
            let below = match (region, &*member.key) {
                (Region::Root, "transform") => Region::Transform,
                (Region::Root | Region::Config, "entities") if has_data => Region::Data,
                _ => region.below(),
            };
            let node = self.node(&member.node, below)?;
            Some(Member { key: member.key.clone(), key_span: member.key_span, node })
        });
        let object = match resolved {
            Some(object) => object,
            None if is_selected => object.to_vec(),
            None => return None,
        };
        Some(Node { value: Value::object(object), span: node.span })
    }

    /// The members of an object after its conditional properties, and nested ones, have replaced members of the same name. A block whose
    /// condition has an undefined variable stays.
    fn select(&mut self, node: &Node, region: Region) -> Vec<Member> {
        let mut all: Vec<Member> =
            members(node).iter().filter(|member| &*member.key != CONDITIONAL).cloned().collect();
        let Some(block) = members(node).iter().find(|member| &*member.key == CONDITIONAL) else { return all };
        if region == Region::Transform {
            self.find(block.node.span, Fault::ConditionalInTransform);
            return all;
        }
        let Some(condition) = block.node.get("condition") else {
            self.find(block.node.span, Fault::MissingProperty("condition"));
            return all;
        };
        let written = condition.as_str().unwrap_or_default();
        let value = self.string(written, condition.span).unwrap_or_else(|| condition.value.clone());
        let key = key_of(&value);
        if key.contains("$ENV(") {
            all.push(block.clone());
            return all;
        }
        let Some(alternative) = block.node.get("alternatives").and_then(|choices| choices.get(&key)) else {
            self.find(block.node.span, Fault::NoConditionalProperties(key));
            return all;
        };
        for member in self.select(alternative, region) {
            if region == Region::Root && matches!(&*member.key, "_id" | "type") {
                self.find(member.node.span, Fault::ConditionalIdentity(member.key.into()));
                continue;
            }
            match all.iter_mut().find(|old| old.key == member.key) {
                Some(old) => *old = member,
                None => all.push(member),
            }
        }
        all
    }
}

/// The name of the alternative for the value of a condition: a string as it is, any other value as JSON text.
pub(crate) fn key_of(condition: &Value) -> String {
    condition.as_str().map_or_else(|| deployer_core::format::compact(condition), str::to_owned)
}

/// The condition of a conditional source, sink or transform.
pub(crate) fn condition_of(component: &Node) -> Option<String> {
    (text(component, "type") == Some("conditional")).then_some(())?;
    component.get("condition").map(|condition| key_of(&condition.value))
}

/// A list in which some items are replaced; `None` if none is.
pub(crate) fn replaced<T: Clone>(
    items: &[T],
    mut replace: impl FnMut(usize, &T) -> Option<T>,
) -> Option<Vec<T>> {
    let mut out: Option<Vec<T>> = None;
    for (index, item) in items.iter().enumerate() {
        match (replace(index, item), &mut out) {
            (None, None) => {}
            (None, Some(out)) => out.push(item.clone()),
            (Some(new), Some(out)) => out.push(new),
            (Some(new), None) => {
                let mut all = Vec::with_capacity(items.len());
                all.extend_from_slice(&items[..index]);
                all.push(new);
                out = Some(all);
            }
        }
    }
    out
}

/// The value with one span for all its parts: that of the reference it replaces.
pub(crate) fn rooted(value: Value, span: Span) -> Node {
    let value = match value {
        Value::Array(items) => Value::Array(items.into_iter().map(|item| rooted(item.value, span)).collect()),
        Value::Object(object) => Value::object(object.members().iter().map(|member| Member {
            key: member.key.clone(),
            key_span: span,
            node: rooted(member.node.value.clone(), span),
        })),
        scalar => scalar,
    };
    Node { value, span }
}
