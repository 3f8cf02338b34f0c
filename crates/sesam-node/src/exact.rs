//! JSON as the node keeps it: text with sorted keys, whole numbers digit for digit.
//!
//! A real node keeps integers of any length. A [`Value`] would turn those beyond 64 bits into floating point, and a client that compares
//! its upload with the node would always find a difference. Text also takes a fraction of the memory of a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_core::document::{self, Node, SourceText};
use deployer_core::format;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// The deepest nesting of a document.
const MAX_DEPTH: usize = 128;

/// A JSON value as canonical text. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct ExactJson(Arc<RawValue>);

impl ExactJson {
    /// Reads one JSON value. The error says why the document is rejected, without its text: documents contain secrets.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str::<&RawValue>(text).map_err(|error| malformed(&error))?;
        let root = SourceText::new("", text).parse().map_err(|error| {
            format!("is malformed JSON at line {}, column {}", error.place.line, error.place.column)
        })?;
        Self::of_document(&root.root.value)
    }

    /// Reads the elements of a list, or one value.
    pub(crate) fn parse_elements(content: &[u8]) -> Result<Vec<Self>, String> {
        let text = text_of(content)?;
        if !text.trim_start().starts_with('[') {
            return Ok(vec![Self::parse(text)?]);
        }
        let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        elements.into_iter().map(|element| Self::parse(element.get())).collect()
    }

    /// Keeps a document.
    pub(crate) fn of_document(value: &document::Value) -> Result<Self, String> {
        let mut text = String::new();
        push_canonical(&mut text, value, 0)?;
        let raw = RawValue::from_string(text).map_err(|error| malformed(&error))?;
        Ok(Self(Arc::from(raw)))
    }

    /// The value `null`.
    pub(crate) fn null() -> Self {
        Self(Arc::from(RawValue::NULL.to_owned()))
    }

    /// Keeps anything that serializes to JSON.
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, String> {
        Self::parse(&serde_json::to_string(value).map_err(|error| malformed(&error))?)
    }

    /// The canonical text.
    pub(crate) fn text(&self) -> &str {
        self.0.get()
    }

    /// The tree, with the spans of the canonical text.
    pub(crate) fn document(&self) -> Node {
        let parsed = SourceText::new("", self.text()).parse();
        parsed.expect("canonical text was written from a document").root
    }

    /// The value, with integers beyond 64 bits rounded.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(self.text()).expect("canonical text is JSON of bounded depth")
    }

    /// The members of an object; empty for other values.
    pub(crate) fn members(&self) -> BTreeMap<String, Box<RawValue>> {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// This object with one member set.
    pub(crate) fn with_member(&self, name: &str, value: &impl Serialize) -> Result<Self, String> {
        let mut members = self.members();
        let value = serde_json::value::to_raw_value(value).map_err(|error| malformed(&error))?;
        members.insert(name.to_owned(), value);
        Self::of(&members)
    }
}

impl PartialEq for ExactJson {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.text() == other.text()
    }
}

impl Serialize for ExactJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExactJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(text.get()).map_err(D::Error::custom)
    }
}

/// The text of a document.
pub(crate) fn text_of(content: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(content).map_err(|error| format!("is invalid UTF-8 at byte {}", error.valid_up_to()))
}

fn malformed(error: &serde_json::Error) -> String {
    let reason = if error.is_eof() { "ends too early" } else { "is malformed JSON" };
    format!("{reason} at line {}, column {}", error.line(), error.column())
}

/// Appends a value with sorted keys and without blanks.
fn push_canonical(out: &mut String, value: &document::Value, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("is nested deeper than {MAX_DEPTH} levels"));
    }
    match value {
        document::Value::Object(object) => {
            let mut members: Vec<_> = object.members().iter().collect();
            members.sort_by(|one, other| one.key.cmp(&other.key));
            out.push('{');
            for (index, member) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&format::quoted(&member.key));
                out.push(':');
                push_canonical(out, &member.node.value, depth + 1)?;
            }
            out.push('}');
        }
        document::Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_canonical(out, &item.value, depth + 1)?;
            }
            out.push(']');
        }
        document::Value::Number(number) if !number.is_integer() => {
            let double =
                Number::from_f64(number.as_f64()).ok_or("contains a number beyond the range of doubles")?;
            out.push_str(&double.to_string());
        }
        scalar => out.push_str(&format::compact(scalar)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::ExactJson;

    #[test]
    fn sorts_keys_and_keeps_long_integers() {
        let json = ExactJson::parse(r#" {"b": [1.10, -0, 123456789012345678901234567890], "a": "ø\u0041"} "#)
            .unwrap();
        assert_eq!(json.text(), r#"{"a":"øA","b":[1.1,-0,123456789012345678901234567890]}"#);
        assert_eq!(serde_json::to_string(&json).unwrap(), json.text());
    }

    #[test]
    fn an_error_has_the_place_and_not_the_text() {
        for (text, error) in [
            ("[".repeat(100_000), "ends too early at line 1, column 100000"),
            (format!("{}{}", "[".repeat(200), "]".repeat(200)), "is nested deeper than 128 levels"),
            ("{\"a\":}".to_owned(), "is malformed JSON at line 1, column 6"),
            ("1e999".to_owned(), "contains a number beyond the range of doubles"),
        ] {
            assert_eq!(ExactJson::parse(&text).unwrap_err(), error);
        }
        assert_eq!(ExactJson::parse_elements(b"[1, \xff]").unwrap_err(), "is invalid UTF-8 at byte 4");
    }
}
