//! JSON that keeps its integers: keys sorted, whole numbers digit for digit.
//!
//! A real node keeps integers of any length. A plain [`Value`] would turn those beyond 64 bits into floating point,
//! and a client that compares what it uploaded with what it reads back would find a difference for ever.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A JSON value, to look into, with its exact text in canonical form, to give back.
#[derive(Debug, Clone)]
pub(crate) struct ExactJson {
    value: Value,
    text: Box<RawValue>,
}

impl ExactJson {
    /// Reads one JSON value. Fails on malformed text, on more than 128 levels and on numbers beyond a double.
    pub(crate) fn parse(text: &str) -> serde_json::Result<Self> {
        let value = serde_json::from_str(text)?;
        let mut canonical = String::with_capacity(text.len());
        write_canonical(text, &mut canonical)?;
        Ok(Self { value, text: RawValue::from_string(canonical)? })
    }

    /// The value, with integers beyond 64 bits rounded.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The canonical text.
    pub(crate) fn text(&self) -> &str {
        self.text.get()
    }

    /// The elements of a list, or this value alone.
    pub(crate) fn into_elements(self) -> serde_json::Result<Vec<Self>> {
        if !self.value.is_array() {
            return Ok(vec![self]);
        }
        let elements: Vec<&RawValue> = serde_json::from_str(self.text())?;
        elements.into_iter().map(|element| Self::parse(element.get())).collect()
    }

    /// The members of an object; empty for anything else.
    pub(crate) fn members(&self) -> BTreeMap<String, Box<RawValue>> {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// This object with one member set.
    pub(crate) fn with_member(&self, name: &str, value: &impl Serialize) -> serde_json::Result<Self> {
        let mut members = self.members();
        members.insert(name.to_owned(), serde_json::value::to_raw_value(value)?);
        Self::parse(&serde_json::to_string(&members)?)
    }
}

impl From<Value> for ExactJson {
    fn from(value: Value) -> Self {
        let text = RawValue::from_string(value.to_string()).expect("a value prints as valid JSON");
        Self { value, text }
    }
}

impl PartialEq for ExactJson {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Serialize for ExactJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExactJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(text.get()).map_err(D::Error::custom)
    }
}

/// Appends `text`, one valid JSON value of bounded depth, with sorted keys and no blanks.
fn write_canonical(text: &str, out: &mut String) -> serde_json::Result<()> {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&serde_json::to_string(&name)?);
                out.push(':');
                write_canonical(value.get(), out)?;
            }
            out.push('}');
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text)?;
            out.push('[');
            for (index, element) in elements.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(element.get(), out)?;
            }
            out.push(']');
        }
        Some(b'-' | b'0'..=b'9') if !text.contains(['.', 'e', 'E']) => out.push_str(text),
        _ => out.push_str(&serde_json::from_str::<Value>(text)?.to_string()),
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
    fn refuses_deep_nesting_and_malformed_text() {
        assert!(ExactJson::parse(&"[".repeat(100_000)).is_err());
        assert!(ExactJson::parse("{\"a\":}").is_err());
    }
}
