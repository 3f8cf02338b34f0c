//! Messages of serde in the words of people who write settings, without values.

use std::fmt::Display;

use crate::error::did_you_mean;

/// Marks a message as one of ours, which holds no value and can be shown.
const OURS: char = '\u{2}';

/// The error of a `Deserialize` implementation whose message is shown to the user. It must not repeat the value, which can be a
/// credential. The message of any other custom error is not shown.
pub fn rejected<E: serde::de::Error>(message: impl Display) -> E {
    E::custom(format_args!("{OURS}{message}"))
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Key,
    Value,
    Table,
}

pub(super) struct Explained {
    pub(super) about: About,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Serde's words for a bad value or name, values dropped, and the accepted name that was probably meant. A message in other words is
/// dropped: it can hold a value.
pub(super) fn explain(message: &str) -> Explained {
    let told = |about, message: String, hint| Explained { about, message, hint };
    if let Some(ours) = message.strip_prefix(OURS) {
        return told(About::Value, ours.to_owned(), None);
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let (field, accepted) = split_at_expected(rest);
        return told(
            About::Key,
            format!("unknown key `{field}`, {accepted}"),
            did_you_mean(field, names(accepted)),
        );
    }
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let (variant, accepted) = split_at_expected(rest);
        // A word that is almost an accepted one is no credential.
        return match did_you_mean(variant, names(accepted)) {
            Some(hint) => told(About::Value, format!("unknown value `{variant}`, {accepted}"), Some(hint)),
            None => told(About::Value, format!("unknown value, {accepted}"), None),
        };
    }
    for (start, end) in [("missing field ", "is missing"), ("duplicate field ", "is written twice")] {
        if let Some(field) = message.strip_prefix(start) {
            return told(About::Table, format!("{field} {end}"), None);
        }
    }
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|prefix| message.strip_prefix(prefix));
    if let Some((found, expected)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        let number =
            message.starts_with("invalid value: integer `").then(|| found.split('`').nth(1)).flatten();
        let found = found.split(['`', '"']).next().unwrap_or_default().trim_end();
        let found = number.unwrap_or_else(|| in_toml(found));
        let expected = in_toml(expected);
        let about = if expected == "a table" { About::Table } else { About::Value };
        return told(about, format!("expected {expected}, found {found}"), None);
    }
    if let Some((_, expected)) =
        message.strip_prefix("invalid length ").and_then(|rest| rest.split_once(", expected "))
    {
        return told(About::Value, format!("expected {}", in_toml(expected)), None);
    }
    if message == "wanted string or table" {
        return told(About::Value, "expected a text".to_owned(), None);
    }
    if message.starts_with("wanted exactly 1 element") {
        return told(About::Value, "expected a table with exactly one key".to_owned(), None);
    }
    told(About::Value, "the value cannot be used".to_owned(), None)
}

/// Serde's or the parser's word for a shape, as people who write TOML know it.
pub(super) fn in_toml(word: &str) -> &str {
    match word {
        "a sequence" | "sequence" | "array" => "a list",
        "a map" | "map" | "table" => "a table",
        "a string" | "string" | "path string" | "a character" => "a text",
        "a boolean" | "boolean" => "true or false",
        "integer" | "floating point" | "float" | "f32" | "f64" => "a number",
        "datetime" => "a date",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "a nonzero u8" | "a nonzero u16" | "a nonzero u32" | "a nonzero u64" | "a nonzero usize" => {
            "a whole number, 1 or more"
        }
        _ if word.starts_with("struct ") => "a table",
        _ if word.starts_with("enum ") || word.contains("variant") || word.contains("identifier") => {
            "a known word"
        }
        _ if word.starts_with("tuple ") => "a list",
        _ if word.starts_with("newtype ") || word.starts_with("unit") || word == "Option value" => {
            "another value"
        }
        _ => word,
    }
}

/// Parts `name`, expected one of …` into the name and the rest, at the last place where serde's words can begin.
fn split_at_expected(rest: &str) -> (&str, &str) {
    let at = rest.rfind("`, expected ").or_else(|| rest.rfind("`, there are no "));
    at.map_or((rest, ""), |at| (&rest[..at], &rest[at + "`, ".len()..]))
}

/// The names in a list such as "one of `a`, `b`".
fn names(accepted: &str) -> impl Iterator<Item = &str> {
    accepted.split('`').skip(1).step_by(2)
}
