//! One JSON object of names and values (RFC 8259).

use std::fmt;

use deployer_core::document::SourceText;
use deployer_core::error::Place;
use deployer_core::{Error, SecretValue, format};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::collected::Secrets;
use crate::errors;
use crate::text::Text;

pub(super) fn read(text: Text<'_>) -> Result<Secrets, Error> {
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(text.text) else {
        return Err(explained(text));
    };
    let mut secrets = Secrets::new();
    for (name, written) in &members {
        let value = value(written.get()).ok_or_else(|| explained(text))?;
        secrets.insert(name.clone(), value);
    }
    if secrets.len() == members.len() { Ok(secrets) } else { Err(explained(text)) }
}

/// A text as it is, any other value as compact JSON, numbers digit by digit; `Some(None)` for null.
fn value(json: &str) -> Option<Option<SecretValue>> {
    if json == "null" {
        return Some(None);
    }
    if json.starts_with('"') {
        return serde_json::from_str::<String>(json).ok().map(|text| Some(SecretValue::new(text)));
    }
    let parsed = SourceText::new("a value", json).parse().ok()?;
    Some(Some(SecretValue::new(format::compact(&parsed.root.value))))
}

/// The members of an object in their order, those that stand twice among them.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// What is wrong with a text, and where, in the words of our own parser: serde's words may hold a value.
fn explained(text: Text<'_>) -> Error {
    let refused = |place: Place, cause: &str| {
        errors::malformed(place, cause, "write one object: { \"name\": \"value\" }")
    };
    match SourceText::new(text.file, text.text).parse() {
        Err(fault) => errors::malformed(fault.place, fault.message, fault.hint),
        Ok(parsed) if parsed.root.value.as_object().is_none() => {
            let place = text.place(parsed.root.span.start as usize);
            refused(place, &format!("an object is expected, and this is {}", parsed.root.value.kind_name()))
        }
        Ok(parsed) if !parsed.duplicates.is_empty() => {
            let repeated = parsed.duplicates.into_iter().map(|twice| (twice.key, twice.place, twice.first));
            errors::repeated(text.file, repeated.collect())
        }
        Ok(_) => refused(Place::file(text.file), "it cannot be read as an object of names and values"),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these tests are about the values themselves")]
mod tests {
    use super::*;

    fn text(text: &str) -> Text<'_> {
        Text { file: "secrets.json", text }
    }

    #[test]
    fn texts_are_taken_as_they_are_and_other_values_as_their_json() {
        let json = r#"{"text": "a\n\"ø\u00f8 ", "empty": "", "number": 1.10, "large": 12345678901234567890123,
            "truth": true, "none": null, "nested": { "a" : [ 1 , "x y\" \\" ] }}"#;
        let secrets = read(text(json)).unwrap();
        let value = |name: &str| secrets[name].as_ref().map(SecretValue::expose);
        assert_eq!(value("text"), Some("a\n\"øø "));
        assert_eq!(value("empty"), Some(""));
        assert_eq!(value("number"), Some("1.10"));
        assert_eq!(value("large"), Some("12345678901234567890123"));
        assert_eq!(value("truth"), Some("true"));
        assert_eq!(value("none"), None);
        assert_eq!(value("nested"), Some(r#"{"a":[1,"x y\" \\"]}"#));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place_and_without_a_value() {
        for (json, place, told) in [
            ("{\n  \"a\": \"hunter2\",\n}", "secrets.json:3:1", "take out the comma"),
            ("{\"a\": \"hunter2", "secrets.json:1:7", "closing quote"),
            ("[\"hunter2\"]", "secrets.json:1:1", "a list"),
            ("\"hunter2\"", "secrets.json:1:1", "an object is expected"),
            ("{\"a\": \"hunter2\"} x", "secrets.json:1:18", "end of the file"),
            ("{\"a\": \"hunter2\\ud800\"}", "secrets.json:1:15", "surrogate"),
            ("", "secrets.json:1:1", "end of the file"),
        ] {
            let shown = format!("{:?}", read(text(json)).expect_err(json));
            assert!(shown.contains(place) && shown.contains(told), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(300), "]".repeat(300));
        assert!(format!("{:?}", read(text(&deep)).unwrap_err()).contains("nested deeper"));
    }

    #[test]
    fn all_names_that_stand_twice_are_told_at_once() {
        let shown =
            format!("{:?}", read(text("{\"a\": 1, \"b\": 2,\n\"a\": 3, \"b\": \"hunter2\"}")).unwrap_err());
        for expected in ["\"a\"", "secrets.json:1:2", "secrets.json:2:1", "\"b\"", "secrets.json:2:9"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
