//! From the fields of a secret to its value.

use deployer_core::SecretValue;
use deployer_core::error::Note;
use deployer_core::traits::Answer;
use serde_json::value::RawValue;

use crate::naming::Pick;
use crate::wire::Fields;

/// The value among the fields of a secret: exactly the named one; or preferably the named one, else `value`, else the only one,
/// else the first in order of names, with a warning.
pub(crate) fn choose(address: &str, fields: &Fields<'_>, pick: &Pick) -> Answer {
    let mut notes = Vec::new();
    let found = match pick {
        Pick::Exactly(name) => fields.get_key_value(name),
        Pick::Preferably(named) => preferred(address, fields, named.as_deref(), &mut notes),
    };
    let Some((name, written)) = found else {
        return Answer::Missing(Some(match pick {
            Pick::Exactly(name) if !fields.is_empty() => format!("it is there and has no field `{name}`"),
            _ => "it is there and has no field".to_owned(),
        }));
    };
    let Some(value) = text(written) else {
        return Answer::Missing(Some(format!("its field `{name}` is null")));
    };
    if value.is_empty() {
        notes.push(Note::warning(format!("{address} is empty")));
    }
    Answer::Found(value, notes)
}

fn preferred<'f, 'a>(
    address: &str,
    fields: &'f Fields<'a>,
    named: Option<&str>,
    notes: &mut Vec<Note>,
) -> Option<(&'f String, &'f &'a RawValue)> {
    let found = named.and_then(|name| fields.get_key_value(name));
    if let (Some(name), None) = (named, found) {
        notes.push(Note::warning(format!("{address} has no field `{name}`")));
    }
    let found = found.or_else(|| fields.get_key_value("value")).or_else(|| fields.first_key_value())?;
    let chosen = Some(found.0.as_str()) == named || found.0 == "value" || fields.len() == 1;
    if !chosen {
        notes.push(Note::warning(format!(
            "{address} has {} fields and none is named `value`: the first one, `{}`, is taken; set `field` to choose",
            fields.len(),
            found.0
        )));
    }
    Some(found)
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
        told(choose("secret/db", &fields, &Pick::Preferably(named.map(str::to_owned))))
    }

    fn exactly(json: &str, named: &str) -> (Option<String>, String) {
        let fields: Fields<'_> = serde_json::from_str(json).expect("fields");
        told(choose("secret/db", &fields, &Pick::Exactly(named.to_owned())))
    }

    fn told(answer: Answer) -> (Option<String>, String) {
        match answer {
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
    fn the_one_field_that_is_meant_is_taken_and_no_other() {
        assert_eq!(exactly(r#"{"a": 1, "value": "3"}"#, "a"), (Some("1".to_owned()), String::new()));
        let none = (None, "it is there and has no field `b`".to_owned());
        assert_eq!(exactly(r#"{"a": "1", "value": "3"}"#, "b"), none);
        assert_eq!(exactly("{}", "b"), (None, "it is there and has no field".to_owned()));
        assert_eq!(exactly(r#"{"b": null}"#, "b"), (None, "its field `b` is null".to_owned()));
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
