//! From the fields of a secret to its value.

use deployer_core::SecretValue;
use deployer_core::error::Note;
use deployer_core::traits::SecretAnswer;
use serde_json::value::RawValue;

use crate::naming::FieldChoice;
use crate::wire::Fields;

/// The value among the fields of a secret: exactly the named one; or preferably the named one, else `value`, else the only one,
/// else the first in order of names, with a warning. `path` includes the mount.
pub(crate) fn choose(path: &str, fields: &Fields<'_>, choice: &FieldChoice) -> SecretAnswer {
    let (found, note) = match choice {
        FieldChoice::Exactly(name) => (fields.get_key_value(name), None),
        FieldChoice::Preferably(named) => preferred(path, fields, named.as_deref()),
    };
    let Some((name, written)) = found else {
        return SecretAnswer::missing_because(match choice {
            FieldChoice::Exactly(name) if !fields.is_empty() => {
                format!("it exists and has no field `{name}`")
            }
            _ => "it exists and has no field".to_owned(),
        });
    };
    match text(written) {
        None => SecretAnswer::missing_because(format!("its field `{name}` is null")),
        Some(value) => note.into_iter().fold(SecretAnswer::found(value), SecretAnswer::with_note),
    }
}

fn preferred<'f, 'a>(
    path: &str,
    fields: &'f Fields<'a>,
    named: Option<&str>,
) -> (Option<(&'f String, &'f &'a RawValue)>, Option<Note>) {
    let by_name = named.and_then(|name| fields.get_key_value(name));
    let found = by_name.or_else(|| fields.get_key_value("value")).or_else(|| fields.first_key_value());
    let is_clear = fields.len() == 1 || found.is_some_and(|(name, _)| name == "value");
    let note = match (named, found) {
        _ if by_name.is_some() => None,
        (Some(name), Some((taken, _))) => Some(format!("{path} has no field `{name}`: `{taken}` is taken")),
        (None, Some((taken, _))) if !is_clear => Some(format!(
            "{path} has {} fields and none is named `value`: the first one, `{taken}`, is taken; set `field` to choose",
            fields.len(),
        )),
        _ => None,
    };
    (found, note.map(Note::warning))
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
        told(choose("secret/db", &fields, &FieldChoice::Preferably(named.map(str::to_owned))))
    }

    fn exactly(json: &str, named: &str) -> (Option<String>, String) {
        let fields: Fields<'_> = serde_json::from_str(json).expect("fields");
        told(choose("secret/db", &fields, &FieldChoice::Exactly(named.to_owned())))
    }

    fn told(answer: SecretAnswer) -> (Option<String>, String) {
        match answer {
            SecretAnswer::Found { value, notes, .. } => {
                let notes: Vec<_> = notes.into_iter().map(|note| note.message).collect();
                (Some(value.expose().to_owned()), notes.join("; "))
            }
            SecretAnswer::Missing { why, .. } => (None, why.unwrap_or_default()),
            SecretAnswer::Failed(error) => panic!("{error:?}"),
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
        let none = (None, "it exists and has no field `b`".to_owned());
        assert_eq!(exactly(r#"{"a": "1", "value": "3"}"#, "b"), none);
        assert_eq!(exactly("{}", "b"), (None, "it exists and has no field".to_owned()));
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
    fn null_and_no_field_are_missing_and_an_empty_text_is_found() {
        assert_eq!(chosen(r#"{"value": null}"#, None), (None, "its field `value` is null".to_owned()));
        assert_eq!(chosen("{}", None), (None, "it exists and has no field".to_owned()));
        assert_eq!(chosen(r#"{"value": ""}"#, None), (Some(String::new()), String::new()));
    }
}
