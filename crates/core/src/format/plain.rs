//! JSON on one line, and with every item on a line of its own.

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
                push_quoted(out, &member.key);
                out.push_str(": ");
                push_indented(out, &member.node.value, level + 1);
            });
        }
        small => push_compact(out, small),
    }
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
