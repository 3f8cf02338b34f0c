//! The order of entities.

use std::cmp::Ordering;

use crate::json::Json;

/// Sorts entities by the values of fields, and then by their whole text. Texts are compared by code point.
///
/// # Errors
/// If values cannot be compared, such as a number and a text, or an absent value and another one.
pub(crate) fn sorted(entities: Vec<Json>, fields: &[String]) -> Result<Vec<Json>, String> {
    let mut keyed: Vec<(Vec<Option<Json>>, String, Json)> = entities
        .into_iter()
        .map(|entity| {
            let key = fields.iter().map(|field| entity.get(field).map(comparable)).collect();
            (key, entity.line(), entity)
        })
        .collect();
    keyed.sort_by(|(left, left_text, _), (right, right_text, _)| {
        let fields = left.iter().zip(right).map(|(left, right)| total(left.as_ref(), right.as_ref()));
        fields.fold(Ordering::Equal, Ordering::then).then_with(|| left_text.cmp(right_text))
    });
    let mixed = keyed.windows(2).find_map(|pair| mixed(&pair[0].0, &pair[1].0));
    match mixed {
        None => Ok(keyed.into_iter().map(|(.., entity)| entity).collect()),
        Some(at) => Err(format!(
            "the entities cannot be sorted by {:?}: its values are absent in some entities, or of several types",
            fields[at]
        )),
    }
}

/// The first field by which two neighbours cannot be compared.
fn mixed(left: &[Option<Json>], right: &[Option<Json>]) -> Option<usize> {
    for (at, (left, right)) in left.iter().zip(right).enumerate() {
        match optional(left.as_ref(), right.as_ref()) {
            Some(Ordering::Equal) => {}
            Some(_) => return None,
            None => return Some(at),
        }
    }
    None
}

/// An order of all values: types first.
fn total(left: Option<&Json>, right: Option<&Json>) -> Ordering {
    let rank = |value: Option<&Json>| match value {
        None | Some(Json::Null) => 0,
        Some(Json::Bool(_) | Json::Number(_)) => 1,
        Some(Json::Text(_)) => 2,
        Some(Json::List(_)) => 3,
        Some(Json::Object(_)) => 4,
    };
    rank(left).cmp(&rank(right)).then_with(|| match (left, right) {
        (Some(Json::Text(left)), Some(Json::Text(right))) => left.cmp(right),
        (Some(Json::List(left)), Some(Json::List(right))) => {
            let items = left.iter().zip(right).map(|(left, right)| total(Some(left), Some(right)));
            items.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
        (Some(left), Some(right)) => match (number(left), number(right)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => Ordering::Equal,
        },
        _ => Ordering::Equal,
    })
}

/// An object is compared as its text.
fn comparable(value: &Json) -> Json {
    if let Json::Object(_) = value { Json::Text(value.line()) } else { value.clone() }
}

fn optional(left: Option<&Json>, right: Option<&Json>) -> Option<Ordering> {
    match (left.filter(|value| **value != Json::Null), right.filter(|value| **value != Json::Null)) {
        (None, None) => Some(Ordering::Equal),
        (Some(left), Some(right)) => compare(left, right),
        _ => None,
    }
}

fn compare(left: &Json, right: &Json) -> Option<Ordering> {
    match (left, right) {
        (Json::Text(left), Json::Text(right)) => Some(left.cmp(right)),
        (Json::List(left), Json::List(right)) => {
            for (left, right) in left.iter().zip(right) {
                match if left == right { Some(Ordering::Equal) } else { compare(left, right) } {
                    Some(Ordering::Equal) => {}
                    decided => return decided,
                }
            }
            Some(left.len().cmp(&right.len()))
        }
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

/// The value of a number; true is 1 and false 0.
fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Json::Number(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::tests::list;

    fn order(text: &str, fields: &[&str]) -> Result<String, String> {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        sorted(list(text), &fields).map(|entities| {
            let ids = entities.iter().filter_map(|entity| entity.get("_id")).map(Json::line);
            ids.collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn entities_are_sorted_by_fields_then_by_their_text() {
        for (text, fields, expected) in [
            (
                r#"[{"_id": "b"}, {"_id": "a"}, {"_id": "B"}, {"_id": "å"}]"#,
                &["_id"][..],
                r#""B" "a" "b" "å""#,
            ),
            (r#"[{"_id": "a", "n": 10}, {"_id": "b", "n": 9}]"#, &["n"], r#""b" "a""#),
            (r#"[{"_id": "b", "n": true}, {"_id": "a", "n": 0}]"#, &["n"], r#""a" "b""#),
            (r#"[{"_id": "b", "n": {"x": 2}}, {"_id": "a", "n": {"x": 1}}]"#, &["n"], r#""a" "b""#),
            (r#"[{"_id": "b", "n": [1, 2]}, {"_id": "a", "n": [1]}]"#, &["n"], r#""a" "b""#),
            (r#"[{"_id": "b"}, {"_id": "a"}]"#, &["absent"], r#""a" "b""#),
            (r#"[{"_id": "b", "n": 1}, {"_id": "a", "n": 1}]"#, &["n", "_id"], r#""a" "b""#),
        ] {
            assert_eq!(order(text, fields).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn values_that_cannot_be_compared_are_an_error_and_not_an_order() {
        for text in
            [r#"[{"_id": "a"}, {"x": 1}]"#, r#"[{"_id": "a"}, {"_id": 1}]"#, r#"[{"_id": null}, {"_id": 1}]"#]
        {
            assert!(order(text, &["_id"]).unwrap_err().contains("\"_id\""), "{text}");
        }
        assert_eq!(
            order(r#"[{"_id": "a", "x": 1}]"#, &["x"]).as_deref(),
            Ok("\"a\""),
            "one entity is in order"
        );
    }
}
