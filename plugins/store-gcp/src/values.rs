//! From the payload of a version to the value of a secret or one of its members.

use deployer_core::document::Value;
use deployer_core::format::compact;
use deployer_core::secret::Members;
use deployer_core::traits::SecretAnswer;
use deployer_core::{Error, Kind, SecretValue};

use crate::naming::Place;

/// The answer for a place whose version exists.
pub(crate) fn answer(place: &Place, value: &SecretValue) -> SecretAnswer {
    let Some(field) = &place.field else { return SecretAnswer::found(value.clone()) };
    let Some(members) = Members::read(value) else {
        return SecretAnswer::failed(
            Error::new(Kind::Rejected, format!("read {place}"))
                .with_cause(format!("the value of {} is not a JSON object", place.name))
                .with_hint("store an object there, or give each secret one of its own (`naming`)"),
        );
    };
    match members.get(field) {
        None => SecretAnswer::missing_because(format!("{} exists and has no member `{field}`", place.name)),
        Some(Value::Null) => {
            SecretAnswer::missing_because(format!("the member `{field}` of {} is null", place.name))
        }
        Some(Value::String(text)) => SecretAnswer::found(SecretValue::new(text.to_string())),
        Some(other) => SecretAnswer::found(SecretValue::new(compact(other))),
    }
}

#[cfg(test)]
mod tests {
    use deployer_testkit::answers::{failed, found, missing};

    use super::*;

    fn answered(field: Option<&str>, value: &str) -> SecretAnswer {
        let field = field.map(str::to_owned);
        let place = Place { name: "db".to_owned(), version: "latest".to_owned(), field };
        answer(&place, &SecretValue::new(value))
    }

    #[test]
    fn a_member_is_a_text_or_compact_json() {
        let value = r#"{"text": "a\n\"ø", "n": 12345678901234567890.10, "o": { "x" : [ 1 ] }, "e": ""}"#;
        for (field, expected) in
            [("e", ""), ("text", "a\n\"ø"), ("n", "12345678901234567890.10"), ("o", r#"{"x":[1]}"#)]
        {
            assert_eq!(found(answered(Some(field), value)), SecretValue::new(expected));
        }
        assert_eq!(found(answered(None, value)), SecretValue::new(value));
    }

    #[test]
    fn an_absent_member_is_missing_and_a_value_without_members_is_a_failure_that_does_not_show_it() {
        assert!(missing(answered(Some("x"), r#"{"a": "1"}"#)).contains("no member `x`"));
        assert!(missing(answered(Some("a"), r#"{"a": null}"#)).contains("is null"));
        for value in ["hunter2", "[\"hunter2\"]", "{\"hunter2\"", "{\"a\": \"hunter2\"} x"] {
            let error = failed(answered(Some("a"), value));
            assert!(error.kind() == Kind::Rejected && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
