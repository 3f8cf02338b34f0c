//! From the fields of a secret to its value.

use deployer_core::SecretValue;
use deployer_core::error::Note;
use deployer_core::traits::Answer;
use serde_json::value::RawValue;

use crate::wire::Fields;

/// The value among the fields of a secret: the field that the settings name, else `value`, else the only one, else the first in
/// order of names, with a warning.
pub(crate) fn choose(address: &str, fields: &Fields<'_>, named: Option<&str>) -> Answer {
    let mut notes = Vec::new();
    let found = named.and_then(|name| fields.get_key_value(name));
    if let (Some(name), None) = (named, found) {
        notes.push(Note::warning(format!("{address} has no field `{name}`")));
    }
    let found = found.or_else(|| fields.get_key_value("value")).or_else(|| fields.first_key_value());
    let Some((name, written)) = found else {
        return Answer::Missing(Some("it is there and has no field".to_owned()));
    };
    let chosen = Some(name.as_str()) == named || name == "value" || fields.len() == 1;
    if !chosen {
        notes.push(Note::warning(format!(
            "{address} has {} fields and none is named `value`: the first one, `{name}`, is taken; set `field` to choose",
            fields.len()
        )));
    }
    let Some(value) = text(written) else {
        return Answer::Missing(Some(format!("its field `{name}` is null")));
    };
    if value.is_empty() {
        notes.push(Note::warning(format!("{address} is empty")));
    }
    Answer::Found(value, notes)
}

/// A text as it is; any other JSON value as compact JSON, numbers digit by digit; none for null.
fn text(written: &RawValue) -> Option<SecretValue> {
    let json = written.get();
    if json == "null" {
        return None;
    }
    match serde_json::from_str::<String>(json) {
        Ok(text) => Some(SecretValue::new(text)),
        Err(_) => Some(SecretValue::new(compact(json))),
    }
}

/// Valid JSON without the blanks between its tokens.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let keep = |c: &char| {
        if quoted {
            (quoted, escaped) = (*c != '"' || escaped, *c == '\\' && !escaped);
            return true;
        }
        quoted = *c == '"';
        !c.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these tests are about the values themselves")]
mod tests {
    use super::*;

    fn chosen(json: &str, named: Option<&str>) -> (Option<String>, String) {
        let fields: Fields<'_> = serde_json::from_str(json).expect("fields");
        match choose("secret/db", &fields, named) {
            Answer::Found(value, notes) => {
                let notes: Vec<_> = notes.into_iter().map(|note| note.message).collect();
                (Some(value.expose().to_owned()), notes.join("; "))
            }
            Answer::Missing(why) => (None, why.unwrap_or_default()),
            Answer::Failed(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn the_field_is_the_named_one_then_value_then_the_only_one_then_the_first() {
        let found = |value: &str| (Some(value.to_owned()), String::new());
        assert_eq!(chosen(r#"{"a": "1", "pw": "2", "value": "3"}"#, Some("pw")), found("2"));
        assert_eq!(chosen(r#"{"a": "1", "value": "3"}"#, None), found("3"));
        assert_eq!(chosen(r#"{"pw": "1"}"#, None), found("1"));
        let (value, note) = chosen(r#"{"b": "2", "a": "1"}"#, None);
        assert_eq!(value.as_deref(), Some("1"));
        assert!(note.contains("2 fields") && note.contains("`a`") && note.contains("set `field`"), "{note}");
        let (value, note) = chosen(r#"{"value": "3"}"#, Some("pw"));
        assert_eq!(value.as_deref(), Some("3"));
        assert!(note.contains("no field `pw`"), "{note}");
    }

    #[test]
    fn a_value_that_is_no_text_is_its_json() {
        for (json, expected) in [
            (r#""a\n\"ø\u00f8""#, "a\n\"øø"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("1.10", "1.10"),
            ("true", "true"),
            (r#"{ "a" : [ 1 , "x y\" \\" ] }"#, r#"{"a":[1,"x y\" \\"]}"#),
        ] {
            assert_eq!(chosen(&format!(r#"{{"value": {json}}}"#), None).0.as_deref(), Some(expected));
        }
    }

    #[test]
    fn null_and_no_field_are_missing_and_empty_is_found_with_a_warning() {
        assert_eq!(chosen(r#"{"value": null}"#, None), (None, "its field `value` is null".to_owned()));
        assert_eq!(chosen("{}", None), (None, "it is there and has no field".to_owned()));
        assert_eq!(chosen(r#"{"value": ""}"#, None), (Some(String::new()), "secret/db is empty".to_owned()));
    }
}
