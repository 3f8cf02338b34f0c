//! From a secret of Key Vault to its value or one of its members.

use azure_core::time::{OffsetDateTime, to_rfc3339};
use deployer_core::document::Value;
use deployer_core::error::Note;
use deployer_core::format::compact;
use deployer_core::secret::Members;
use deployer_core::traits::SecretAnswer;
use deployer_core::{Error, Kind, SecretValue};

use crate::naming::VaultPlace;
use crate::wire::KeyVaultSecret;

/// The answer for a place whose secret exists. `now` is the time for its expiry.
pub(crate) fn answer(place: &VaultPlace, found: &KeyVaultSecret, now: OffsetDateTime) -> SecretAnswer {
    let mut notes = Vec::new();
    // Key Vault returns the value anyway: its readers check these dates
    // (https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-attributes).
    if let Some(expires) = found.expires.filter(|expires| *expires <= now) {
        notes.push(Note::warning(format!("{place} expired at {}", to_rfc3339(&expires))));
    }
    if let Some(starts) = found.not_before.filter(|starts| *starts > now) {
        notes.push(Note::warning(format!("{place} is not valid before {}", to_rfc3339(&starts))));
    }
    let value = match &place.field {
        None => found.value.clone(),
        Some(field) => match member(place, &found.value, field) {
            Ok(value) => value,
            Err(answer) => return *answer,
        },
    };
    notes.into_iter().fold(SecretAnswer::found(value), SecretAnswer::with_note)
}

/// A member of the JSON object that a value is: a text as it is, any other value as compact JSON, numbers digit by digit.
fn member(place: &VaultPlace, value: &SecretValue, field: &str) -> Result<SecretValue, Box<SecretAnswer>> {
    let members = Members::read(value).ok_or_else(|| {
        let error = Error::new(Kind::Rejected, format!("read {place}"))
            .with_cause(format!("the value of {} is no JSON object", place.name))
            .with_hint("store an object of texts there, or give each secret one of its own (`naming`)");
        Box::new(SecretAnswer::failed(error))
    })?;
    let missing = |why: String| Box::new(SecretAnswer::missing_because(why));
    match members.get(field) {
        None => Err(missing(format!("{} is there and has no member `{field}`", place.name))),
        Some(Value::Null) => Err(missing(format!("the member `{field}` of {} is null", place.name))),
        Some(Value::String(text)) => Ok(SecretValue::new(text.to_string())),
        Some(other) => Ok(SecretValue::new(compact(other))),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these tests are about the values themselves")]
mod tests {
    use super::*;

    fn answered(place: &str, value: &str) -> SecretAnswer {
        let found = KeyVaultSecret { value: SecretValue::new(value), expires: None, not_before: None };
        answer(&VaultPlace::parse(place).expect("a place"), &found, OffsetDateTime::UNIX_EPOCH)
    }

    fn value_of(answer: SecretAnswer) -> (String, Vec<String>) {
        match answer {
            SecretAnswer::Found { value, notes, .. } => {
                (value.expose().to_owned(), notes.into_iter().map(|note| note.message).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_value_is_taken_byte_by_byte() {
        assert_eq!(value_of(answered("db", " {\"a\": 1}\n")), (" {\"a\": 1}\n".to_owned(), vec![]));
        assert_eq!(value_of(answered("db", "")), (String::new(), vec![]));
    }

    #[test]
    fn a_member_is_a_text_or_compact_json() {
        let value =
            r#"{"text": "a\n\"ø", "n": 12345678901234567890.10, "o": { "x" : [ 1 ] }, "t": true, "e": ""}"#;
        for (field, expected) in [
            ("e", ""),
            ("text", "a\n\"ø"),
            ("n", "12345678901234567890.10"),
            ("o", r#"{"x":[1]}"#),
            ("t", "true"),
        ] {
            assert_eq!(value_of(answered(&format!("db#{field}"), value)), (expected.to_owned(), vec![]));
        }
    }

    #[test]
    fn what_has_no_such_member_is_missing_and_what_has_none_at_all_is_a_failure_without_the_value() {
        let SecretAnswer::Missing { why: Some(why), .. } = answered("db#x", r#"{"a": "1"}"#) else {
            panic!("it is not there")
        };
        assert!(why.contains("no member `x`"), "{why}");
        let SecretAnswer::Missing { why: Some(why), .. } = answered("db#a", r#"{"a": null}"#) else {
            panic!("it is null")
        };
        assert!(why.contains("is null"), "{why}");
        for value in ["hunter2", "[\"hunter2\"]", "{\"hunter2\"", "{\"a\": \"hunter2\"} x"] {
            let SecretAnswer::Failed(error) = answered("db#a", value) else { panic!("no object") };
            assert!(error.kind() == Kind::Rejected && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn an_expired_secret_and_one_that_is_not_valid_yet_are_found_with_a_warning() {
        let now = OffsetDateTime::from_unix_timestamp(1_000).expect("a time");
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
        for (expires, not_before, expected) in [
            (at(1_001), at(1_000), None),
            (at(1_000), None, Some("db expired at 1970-01-01T00:16:40Z")),
            (None, at(1_001), Some("db is not valid before 1970-01-01T00:16:41Z")),
        ] {
            let found = KeyVaultSecret { value: SecretValue::new("v"), expires, not_before };
            let (_, notes) = value_of(answer(&VaultPlace::parse("db").expect("a place"), &found, now));
            assert_eq!(notes.first().map(String::as_str), expected);
        }
    }
}
