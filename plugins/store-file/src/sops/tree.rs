//! The values of a file, in the order of their names.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value. It has no `Debug`, because that would show it.
pub(super) enum Tree {
    Null,
    Bool(bool),
    /// A number, as SOPS writes it.
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// A value that was encrypted, by its type.
    pub(super) fn typed(text: String, kind: &str) -> Self {
        match (kind, text.as_str()) {
            ("int" | "float", _) => Tree::Number(text),
            ("bool", "True" | "true") => Tree::Bool(true),
            ("bool", _) => Tree::Bool(false),
            _ => Tree::Text(text),
        }
    }

    /// What the checksum has of a plain value.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Tree::Bool(true) => b"True",
            Tree::Bool(false) => b"False",
            Tree::Number(text) | Tree::Text(text) => text.as_bytes(),
            Tree::Null | Tree::List(_) | Tree::Object(_) => b"",
        }
    }

    /// A text as it is, any other value as compact JSON; `None` for null.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Tree::Null => None,
            Tree::Text(text) => Some(text.clone()),
            other => {
                let mut json = String::new();
                other.write(&mut json);
                Some(json)
            }
        }
    }

    fn write(&self, json: &mut String) {
        match self {
            Tree::Null => json.push_str("null"),
            Tree::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
            Tree::Number(text) => json.push_str(text),
            Tree::Text(text) => json.push_str(&serde_json::Value::from(text.as_str()).to_string()),
            Tree::List(items) => {
                json.push('[');
                for (number, item) in items.iter().enumerate() {
                    json.push_str(if number == 0 { "" } else { "," });
                    item.write(json);
                }
                json.push(']');
            }
            Tree::Object(members) => {
                json.push('{');
                for (number, (name, value)) in members.iter().enumerate() {
                    json.push_str(if number == 0 { "" } else { "," });
                    json.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    json.push(':');
                    value.write(json);
                }
                json.push('}');
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members: Vec<(String, Tree)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Tree>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a name is repeated"));
            }
            members.push((name, value));
        }
        Ok(Tree::Object(members))
    }
}
