//! The layout of the Sesam portal's editor with its default options, which is also what `sesam format` writes.

use std::borrow::Cow;

use super::pieces::{bool_text, push_newline, push_quoted};
use crate::document::{Member, Node, Number, Object, Value};

/// Keys that come first, in this order.
const FIRST_KEYS: [&str; 19] = [
    "_id",
    "type",
    "name",
    "description",
    "source",
    "sink",
    "transform",
    "pump",
    "metadata",
    "system",
    "datasets",
    "where",
    "return",
    "recurse",
    "max_depth",
    "exclude_root",
    "track-dependencies",
    "trace",
    "default",
];

/// The value as the portal formats it, with a newline at the end.
///
/// Keys are sorted by Sesam's convention. Lists stay on their line until a list in them begins a new one. Integers keep their
/// digits; other numbers are written as Python writes the double they stand for. One that no double can hold keeps its text,
/// where the official formatter writes `Infinity`, which is no JSON.
pub fn portal(value: &Value) -> String {
    let mut out = String::new();
    push_value(&mut out, value, 0, false);
    out.push('\n');
    out
}

fn push_value(out: &mut String, value: &Value, level: usize, in_list: bool) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(bool_text(*truth)),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => push_quoted(out, text),
        Value::Array(items) => push_list(out, items, level),
        // An object in a list is indented as if it stood where the list stands.
        Value::Object(object) => push_object(out, object, if in_list { level - 1 } else { level }),
    }
}

fn push_object(out: &mut String, object: &Object, level: usize) {
    if object.is_empty() {
        return out.push_str("{}");
    }
    let members = object.members().iter();
    let mut members: Vec<(usize, &Member)> = members.map(|member| (rank(&member.key), member)).collect();
    // Bytes of UTF-8 sort as code points do.
    members.sort_unstable_by(|left, right| (left.0, &left.1.key).cmp(&(right.0, &right.1.key)));
    out.push('{');
    for (position, (_, member)) in members.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        push_newline(out, level + 1);
        push_quoted(out, &member.key);
        out.push_str(": ");
        push_value(out, &member.node.value, level + 1, false);
    }
    push_newline(out, level);
    out.push('}');
}

fn push_list(out: &mut String, items: &[Node], level: usize) {
    let is_list = |item: &Node| matches!(item.value, Value::Array(_));
    out.push('[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        if is_list(item) {
            push_newline(out, level + 1);
        } else if position > 0 {
            out.push(' ');
        }
        push_value(out, &item.value, level + 1, true);
    }
    if items.last().is_some_and(is_list) {
        push_newline(out, level);
    }
    out.push(']');
}

/// The keys of the convention have their places, all others are sorted between them and the keys of the node's own.
fn rank(key: &str) -> usize {
    match FIRST_KEYS.iter().position(|first| *first == key) {
        Some(position) => position,
        None if key.starts_with('_') || key == "$audit" || key == "$principals-from-user" => {
            FIRST_KEYS.len() + 1
        }
        None => FIRST_KEYS.len(),
    }
}

fn number_text(number: &Number) -> Cow<'_, str> {
    let text = number.as_text();
    if number.is_integer() {
        // Integers have no negative zero.
        return Cow::Borrowed(if text == "-0" { "0" } else { text });
    }
    let double = number.as_f64();
    if double.is_finite() { Cow::Owned(python_float(double)) } else { Cow::Borrowed(text) }
}

/// A finite double as Python's `repr` writes it: the shortest digits that read back to it, with an exponent below 1e-4 and from
/// 1e16 on.
fn python_float(double: f64) -> String {
    let scientific = format!("{double:e}");
    let (mantissa, exponent) =
        scientific.split_once('e').expect("`{:e}` writes an exponent for finite numbers");
    let exponent: i32 = exponent.parse().expect("the exponent of a double is a small integer");
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    // Rust's plain form has the same shortest digits; it only leaves out the fraction of whole numbers.
    let plain = double.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        portal(&Value::parse_text("test.json", text).expect("the test writes valid JSON"))
    }

    #[test]
    fn keys_are_sorted_by_convention() {
        let keys =
            r#"{"_":0,"":0,"$audit":0,"0":0,"Z":0,"_id":0,"type":0,"~a":0,"é":0,"default":0,"name":0,"a":0}"#;
        let lines = formatted(keys);
        let order: Vec<&str> = lines.lines().filter_map(|line| line.split('"').nth(1)).collect();
        assert_eq!(order, ["_id", "type", "name", "default", "", "0", "Z", "a", "~a", "é", "$audit", "_"]);
    }

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (text, written) in [
            ("1", "1"),
            ("-0", "0"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("1.10", "1.1"),
            ("1e3", "1000.0"),
            ("-0.0", "-0.0"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e-7", "1e-07"),
            ("1.5E300", "1.5e+300"),
            ("9999999999999998.0", "9999999999999998.0"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("12345678901234567890.0", "1.2345678901234567e+19"),
            ("5e-324", "5e-324"),
            ("0.1000000000000000055511151231257827", "0.1"),
            ("1E999", "1E999"),
        ] {
            assert_eq!(formatted(text), format!("{written}\n"), "{text}");
        }
    }

    #[test]
    fn of_a_repeated_key_the_last_value_is_written() {
        assert_eq!(formatted(r#"{"b":1,"a":2,"b":3}"#), "{\n  \"a\": 2,\n  \"b\": 3\n}\n");
    }
}
