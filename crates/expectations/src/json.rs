//! JSON as it is compared: keys in order, numbers as canonical texts.

use std::collections::BTreeMap;

use deployer_core::document::Value;
use deployer_core::format::quoted;

/// A value whose numbers are canonical texts, so that two values are equal exactly if their texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Converts a document; `number` makes the canonical text of a number.
    pub(crate) fn of(value: &Value, number: &dyn Fn(&str) -> String) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(text) => Self::Number(number(text.as_text())),
            Value::String(text) => Self::Text(text.to_string()),
            Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::of(&item.value, number)).collect())
            }
            Value::Object(object) => {
                let members = object.members().iter();
                let members =
                    members.map(|member| (member.key.to_string(), Self::of(&member.node.value, number)));
                Self::Object(members.collect())
            }
        }
    }

    /// A member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        if let Self::Object(members) = self { members.get(key) } else { None }
    }

    /// Two blanks per level, every item on a line of its own, and a newline at the end.
    pub(crate) fn indented(&self) -> String {
        let mut out = String::new();
        self.push(&mut out, &Layout { item: ",", indent: Some(0) });
        out.push('\n');
        out
    }

    /// One line, with a blank after each comma and colon.
    pub(crate) fn line(&self) -> String {
        let mut out = String::new();
        self.push(&mut out, &Layout { item: ", ", indent: None });
        out
    }

    fn push(&self, out: &mut String, layout: &Layout) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => out.push_str(&quoted(text)),
            Self::List(items) => layout.push(out, ['[', ']'], items, |out, item, layout| {
                item.push(out, layout);
            }),
            Self::Object(members) => layout.push(out, ['{', '}'], members, |out, (key, value), layout| {
                out.push_str(&quoted(key));
                out.push_str(": ");
                value.push(out, layout);
            }),
        }
    }
}

/// How items are separated.
struct Layout {
    item: &'static str,
    /// The level, if every item has a line of its own.
    indent: Option<usize>,
}

impl Layout {
    fn push<T>(
        &self,
        out: &mut String,
        brackets: [char; 2],
        items: impl IntoIterator<Item = T>,
        mut push: impl FnMut(&mut String, T, &Layout),
    ) {
        let inner = Layout { item: self.item, indent: self.indent.map(|level| level + 1) };
        let mut is_empty = true;
        out.push(brackets[0]);
        for item in items {
            if !is_empty {
                out.push_str(self.item);
            }
            is_empty = false;
            inner.new_line(out);
            push(out, item, &inner);
        }
        if !is_empty {
            self.new_line(out);
        }
        out.push(brackets[1]);
    }

    fn new_line(&self, out: &mut String) {
        if let Some(level) = self.indent {
            out.push('\n');
            out.push_str(&"  ".repeat(level));
        }
    }
}
