//! A configuration tree whose nodes remember their place in the entity as posted, so that an issue found after
//! substitution and selection still points at what the user wrote.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One node of the tree.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    /// The place in the posted entity, as `$['source']['type']`.
    pub(crate) path: String,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(Value),
    List(Vec<Resolved>),
    Object(BTreeMap<String, Resolved>),
}

impl Resolved {
    /// A value taken as it is.
    pub(crate) fn verbatim(value: &Value, path: &str) -> Self {
        let content = match value {
            Value::Array(elements) => Content::List(
                elements
                    .iter()
                    .enumerate()
                    .map(|(index, element)| Self::verbatim(element, &element_path(path, index)))
                    .collect(),
            ),
            Value::Object(members) => Content::Object(
                members
                    .iter()
                    .map(|(name, member)| (name.clone(), Self::verbatim(member, &member_path(path, name))))
                    .collect(),
            ),
            scalar => Content::Scalar(scalar.clone()),
        };
        Self { path: path.to_owned(), content }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members()?.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn members(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.content {
            Content::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn members_mut(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        match &mut self.content {
            Content::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn elements(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The strings of a list, with their nodes; also of a single string, which some fields accept.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &Self)> {
        let nodes = self.elements().unwrap_or(std::slice::from_ref(self));
        nodes.iter().filter_map(|node| Some((node.as_str()?, node)))
    }

    /// The value without the places.
    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(elements) => elements.iter().map(Self::to_value).collect(),
            Content::Object(members) => {
                let members = members.iter().map(|(name, member)| (name.clone(), member.to_value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// Calls `visit` with every string below and at this node.
    pub(crate) fn for_each_text<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a str)) {
        match &self.content {
            Content::Scalar(Value::String(text)) => visit(text, &self.path),
            Content::Scalar(_) => {}
            Content::List(elements) => elements.iter().for_each(|element| element.for_each_text(visit)),
            Content::Object(members) => members.values().for_each(|member| member.for_each_text(visit)),
        }
    }
}

pub(crate) fn member_path(parent: &str, name: &str) -> String {
    format!("{parent}['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

pub(crate) fn element_path(parent: &str, index: usize) -> String {
    format!("{parent}[{index}]")
}
