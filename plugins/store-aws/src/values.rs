//! From what the service holds to a secret's value.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::document::SourceText;
use deployer_core::model::SecretName;
use deployer_core::traits::SecretAnswer;
use deployer_core::{Error, Kind, SecretValue, format};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::naming::Reference;

/// What a version of a secret holds.
#[derive(Clone)]
pub(crate) enum Content {
    Text(Zeroizing<String>),
    Binary(Zeroizing<Vec<u8>>),
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The value that a reference means: the whole text, a field of a JSON object, or bytes as base64.
pub(crate) fn choose(reference: &Reference, content: &Content) -> SecretAnswer {
    let text = match content {
        Content::Binary(bytes) if reference.binary && reference.field.is_none() => {
            return SecretAnswer::found(SecretValue::new(STANDARD.encode(bytes)));
        }
        Content::Binary(_) => return SecretAnswer::failed(binary(reference)),
        Content::Text(text) => text,
    };
    let Some(field) = &reference.field else {
        return SecretAnswer::found(SecretValue::new(text.as_str()));
    };
    let Some(fields) = fields(text) else {
        return SecretAnswer::failed(no_object(reference, "so it has no field").with_hint(format!(
            "make it an object with the field `{field}`, or name the secret without a field"
        )));
    };
    match fields.get(field).map(|written| written.get()) {
        None => SecretAnswer::missing_because(format!("the secret exists and has no field `{field}`")),
        Some("null") => SecretAnswer::missing_because(format!("its field `{field}` is null")),
        Some(json) => match value(json) {
            Some(value) => SecretAnswer::found(value),
            None => SecretAnswer::failed(no_object(reference, "or its field cannot be read as text")),
        },
    }
}

/// The names of the fields that start with a text, without that text.
pub(crate) fn names(secret: &Reference, content: &Content, start: &str) -> Result<Vec<SecretName>, Error> {
    let Content::Text(text) = content else { return Err(binary(secret)) };
    let fields = fields(text).ok_or_else(|| no_object(secret, "so it has no fields"))?;
    let there = fields.iter().filter(|(_, written)| written.get() != "null");
    let names = there.filter_map(|(name, _)| name.strip_prefix(start));
    Ok(names.filter(|name| !name.is_empty()).map(SecretName::new).collect())
}

/// The members of a JSON object; none when the text is something else.
fn fields(text: &str) -> Option<Fields<'_>> {
    serde_json::from_str(text).ok()
}

/// A text as it is, any other value as compact JSON, numbers digit by digit.
fn value(json: &str) -> Option<SecretValue> {
    if json.starts_with('"') {
        return serde_json::from_str::<String>(json).ok().map(SecretValue::new);
    }
    let parsed = SourceText::new("a field", json).parse().ok()?;
    Some(SecretValue::new(format::compact(&parsed.root.value)))
}

fn binary(reference: &Reference) -> Error {
    let error = Error::new(Kind::Verification, format!("{reference} is binary"));
    match reference.field {
        Some(_) => error.with_cause("a field of it cannot be taken"),
        None => error.with_hint("set `binary = true` in its table of `secrets` to take it as base64"),
    }
}

fn no_object(reference: &Reference, so: &str) -> Error {
    Error::new(Kind::Verification, format!("the secret {} is no JSON object, {so}", reference.id))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these tests are about the values themselves")]
mod tests {
    use super::*;
    use crate::naming::Version;

    fn reference(field: Option<&str>, binary: bool) -> Reference {
        let (id, version) = ("sesam/db".to_owned(), Version::Current);
        Reference { id, version, binary, field: field.map(str::to_owned) }
    }

    fn text(text: &str) -> Content {
        Content::Text(Zeroizing::new(text.to_owned()))
    }

    #[track_caller]
    fn value_of(answer: SecretAnswer) -> String {
        match answer {
            SecretAnswer::Found { value, .. } => value.expose().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_a_field_the_text_is_taken_as_it_is() {
        for whole in ["value\n", r#"{"a": 1}"#, "", "007"] {
            let answer = choose(&reference(None, true), &text(whole));
            assert_eq!(value_of(answer), whole);
        }
    }

    #[test]
    fn a_field_is_taken_as_text_or_as_its_json() {
        let json = r#"{"text": "a\n\"ø", "number": 1.10, "large": 12345678901234567890123, "on": true,
            "nested": { "a" : [ 1 , "x y" ] }, "dot.ted\"": "x", "none": null}"#;
        for (field, expected) in [
            ("text", "a\n\"ø"),
            ("number", "1.10"),
            ("large", "12345678901234567890123"),
            ("on", "true"),
            ("nested", r#"{"a":[1,"x y"]}"#),
            ("dot.ted\"", "x"),
        ] {
            assert_eq!(value_of(choose(&reference(Some(field), false), &text(json))), expected);
        }
        for (field, expected) in [("none", "null"), ("absent", "has no field `absent`")] {
            let answer = choose(&reference(Some(field), false), &text(json));
            assert!(
                matches!(&answer, SecretAnswer::Missing { why: Some(why), .. } if why.contains(expected)),
                "{answer:?}"
            );
        }
        let listed = names(&reference(None, false), &text(json), "t").expect("an object");
        assert_eq!(listed.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["ext"]);
    }

    #[test]
    fn what_has_no_fields_is_a_failure_that_does_not_show_it() {
        for content in
            ["hunter2", "\"hunter2\"", "[\"hunter2\"]", "{\"a\": \"hunter2\"", "{\"a\": \"hunter2\\ud800\"}"]
        {
            let answer = choose(&reference(Some("a"), false), &text(content));
            assert!(
                matches!(&answer, SecretAnswer::Failed(error) if error.kind() == Kind::Verification),
                "{answer:?}"
            );
            assert!(!format!("{answer:?}").contains("hunter2"), "{answer:?}");
        }
    }

    #[test]
    fn bytes_are_taken_as_base64_and_only_on_request() {
        let bytes = Content::Binary(Zeroizing::new(vec![0xff, 0x00, 0x01]));
        assert_eq!(value_of(choose(&reference(None, true), &bytes)), "/wAB");
        for reference in [reference(None, false), reference(Some("a"), true)] {
            let answer = choose(&reference, &bytes);
            assert!(
                matches!(&answer, SecretAnswer::Failed(error) if error.to_string().contains("binary")),
                "{answer:?}"
            );
        }
    }
}
