//! Writing JSON: as the Sesam portal formats it, compact for the wire, and indented.
//!
//! A string escapes only `"`, `\` and control characters below U+0020; everything else stands as it is, in UTF-8.

mod portal;

use std::fmt::Write as _;

use crate::document::{Node, Value};

pub use portal::portal;

/// A JSON string literal.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

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

/// A newline and the blanks of a level.
fn push_newline(out: &mut String, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
}

fn bool_text(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        // The byte is a whole character, so the text can be cut on both sides of it.
        out.push_str(&text[plain..at]);
        plain = at + 1;
        push_escape(out, byte);
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

fn push_escape(out: &mut String, byte: u8) {
    let letter = match byte {
        b'\n' => 'n',
        b'\r' => 'r',
        b'\t' => 't',
        0x08 => 'b',
        0x0c => 'f',
        b'"' | b'\\' => char::from(byte),
        _ => {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend(['\\', letter]);
}
