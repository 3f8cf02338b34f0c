//! JSON on one line, and with every item on a line of its own.

use std::borrow::Cow;

use super::pieces::{bool_text, push_newline, push_quoted};
use crate::document::{Node, Value};

/// The value on one line without blanks, keys and numbers as they were written.
pub fn compact(value: &Value) -> String {
    let mut out = String::new();
    push_compact(&mut out, value);
    out
}

/// The value with two blanks per level, every item on a line of its own, keys and numbers as they were written, and a newline
/// at the end: the layout of Python's `json.dumps(value, indent=2, ensure_ascii=False)`.
pub fn indented(value: &Value) -> String {
    let mut out = String::new();
    push_indented(&mut out, value, 0);
    out.push('\n');
    out
}

/// A value that is put together of others, which it does not copy.
pub enum Composed<'a> {
    /// A value as it is.
    Value(&'a Value),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    Array(Vec<Composed<'a>>),
    /// An object. The keys differ.
    Object(Vec<(&'a str, Composed<'a>)>),
}

impl Composed<'_> {
    /// As [`indented`].
    pub fn indented(&self) -> String {
        let mut out = String::new();
        self.push_indented(&mut out, 0);
        out.push('\n');
        out
    }

    fn push_indented(&self, out: &mut String, level: usize) {
        match self {
            Self::Value(value) => push_indented(out, value, level),
            Self::Text(text) => push_quoted(out, text),
            Self::Array(items) if items.is_empty() => out.push_str("[]"),
            Self::Object(members) if members.is_empty() => out.push_str("{}"),
            Self::Array(items) => {
                push_lines(out, level, ['[', ']'], items, |out, item| item.push_indented(out, level + 1));
            }
            Self::Object(members) => push_lines(out, level, ['{', '}'], members, |out, (key, value)| {
                push_key(out, key);
                value.push_indented(out, level + 1);
            }),
        }
    }
}

fn push_compact(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(bool_text(*truth)),
        Value::Number(number) => out.push_str(number.as_text()),
        Value::String(text) => push_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_compact(out, &item.value);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (position, member) in object.members().iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_quoted(out, &member.key);
                out.push(':');
                push_compact(out, &member.node.value);
            }
            out.push('}');
        }
    }
}

fn push_indented(out: &mut String, value: &Value, level: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let push = |out: &mut String, item: &Node| push_indented(out, &item.value, level + 1);
            push_lines(out, level, ['[', ']'], items, push);
        }
        Value::Object(object) if !object.is_empty() => {
            push_lines(out, level, ['{', '}'], object.members(), |out, member| {
                push_key(out, &member.key);
                push_indented(out, &member.node.value, level + 1);
            });
        }
        small => push_compact(out, small),
    }
}

fn push_key(out: &mut String, key: &str) {
    push_quoted(out, key);
    out.push_str(": ");
}

fn push_lines<T>(
    out: &mut String,
    level: usize,
    brackets: [char; 2],
    items: &[T],
    mut push: impl FnMut(&mut String, &T),
) {
    out.push(brackets[0]);
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        push_newline(out, level + 1);
        push(out, item);
    }
    push_newline(out, level);
    out.push(brackets[1]);
}
