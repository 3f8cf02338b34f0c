//! A node's objections to a configuration: the `validation_errors` of its answer to an upload.

use std::collections::{HashMap, HashSet};

use deployer_core::error::Note;
use deployer_core::model::{Entity, EntityKind};
use deployer_core::{Error, Kind, Place};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::errors::capped;

/// One objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Objection {
    /// Whether it is a warning, for which no node refuses a configuration.
    pub(crate) is_warning: bool,
    /// The entity and the problem: `pipe orders: unknown sink type`.
    pub(crate) message: String,
    /// The place, if the entity was sent.
    pub(crate) place: Option<Place>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    validation_errors: Vec<&'a RawValue>,
}

/// One of the `validation_errors`, its members not parsed yet. A node repeats every entity in it, in up to three forms, and other members
/// are skipped.
#[derive(Default, Deserialize)]
struct Item<'a> {
    /// The entity as it was sent.
    #[serde(borrow, rename = "posted-config")]
    posted: Option<&'a RawValue>,
    /// Its errors.
    #[serde(borrow, rename = "config-errors")]
    errors: Option<&'a RawValue>,
    /// Whether the node accepts it anyway.
    #[serde(borrow, rename = "is-valid-config")]
    is_valid: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Posted {
    #[serde(rename = "_id")]
    id: String,
}

/// Reads the objections of an answer; `None` when it has no `validation_errors`. Other members can be missing or of another type than
/// documented: the node has answered, and something of the answer can always be shown.
pub(crate) fn objections(body: &[u8], sent: &[Entity]) -> Option<Vec<Objection>> {
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    let sent: HashMap<&str, &Entity> = sent.iter().map(|entity| (&**entity.id(), entity)).collect();
    Some(answer.validation_errors.into_iter().flat_map(|item| of_entity(item, &sent)).collect())
}

fn of_entity(item: &RawValue, sent: &HashMap<&str, &Entity>) -> Vec<Objection> {
    let item: Item<'_> = read(Some(item)).unwrap_or_default();
    let id = read(item.posted).map(|posted: Posted| posted.id);
    let entity = id.as_deref().and_then(|id| sent.get(id)).copied();
    let noun = entity.map_or(EntityKind::Other, Entity::kind).noun();
    let about = match &id {
        Some(id) => format!("{noun} {}", capped(id)),
        None => "an entity without an `_id`".to_owned(),
    };
    let is_valid = read(item.is_valid).unwrap_or(false);
    of_errors(&about, entity, &read(item.errors).unwrap_or(Value::Null), is_valid)
}

/// The value of a member; `None` when it is of another type.
fn read<'a, T: Deserialize<'a>>(member: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(member?.get()).ok()
}

/// The `config-errors` about an entity. Without any, one objection that the node gives no reason.
pub(crate) fn of_errors(
    about: &str,
    entity: Option<&Entity>,
    errors: &Value,
    is_warning: bool,
) -> Vec<Objection> {
    let errors = errors.as_array().map(Vec::as_slice).unwrap_or_default();
    if errors.is_empty() {
        let message = format!("{about}: the node does not say what is wrong");
        return vec![Objection { is_warning, message, place: entity.map(Entity::place) }];
    }
    let of_error = |error: &Value| {
        let text = |member| error.get(member).and_then(Value::as_str);
        let elements = text("elements").filter(|elements| !elements.is_empty());
        let said = capped(text("msg").unwrap_or("the node does not say what is wrong"));
        let at = elements.map(|elements| format!(" (at {})", capped(elements))).unwrap_or_default();
        Objection {
            is_warning: text("level").is_some_and(|level| level != "error"),
            message: format!("{about}: {said}{at}"),
            place: entity
                .map(|entity| elements.map_or_else(|| entity.place(), |at| entity.place_of_elements(at))),
        }
    };
    errors.iter().map(of_error).collect()
}

/// The failure of an upload that a node refused: a related error for each objection, warnings as details.
pub(crate) fn rejection(message: &str, objections: &[Objection]) -> Error {
    let (warnings, errors): (Vec<_>, Vec<_>) = objections.iter().partition(|objection| objection.is_warning);
    let related = errors
        .into_iter()
        .map(|objection| Error::new(Kind::Rejected, &objection.message).at_all(objection.place.clone()))
        .collect();
    warnings.into_iter().fold(Error::many(Kind::Rejected, message, related), |error, warning| {
        let place = warning.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        error.with_detail(format!("warning: {}{place}", warning.message))
    })
}

/// The objections of several answers as remarks, each once.
pub(crate) fn remarks<'a>(objections: impl IntoIterator<Item = &'a Objection>) -> Vec<Note> {
    let mut known = HashSet::new();
    let objections = objections.into_iter();
    let new = objections.filter(|objection| known.insert((objection.message.as_str(), &objection.place)));
    new.map(|objection| Note::warning(&objection.message).at_all(objection.place.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::document::SourceText;
    use deployer_core::model::Origin;

    fn sent() -> Vec<Entity> {
        let source = SourceText::new(
            "pipes/orders.conf.json",
            "{\n  \"_id\": \"orders\",\n  \"type\": \"pipe\",\n  \"source\": {\n    \"type\": \"sqll\"\n  }\n}\n",
        );
        let root = source.parse().unwrap().root;
        Entity::all_of(root, &Origin::File(source)).0
    }

    fn of(json: &str) -> Option<Vec<Objection>> {
        objections(json.as_bytes(), &sent())
    }

    #[test]
    fn an_objection_points_at_the_line_of_the_file() {
        let found = of(r#"{"validation_errors": [{"posted-config": {"_id": "orders"}, "json-schema": {}, "config-errors": [
            {"elements": "$['source']['type']", "level": "error", "msg": "unknown source type"},
            {"level": "warning", "msg": "odd"}]}]}"#)
        .unwrap();
        assert_eq!(found[0].message, "pipe orders: unknown source type (at $['source']['type'])");
        assert_eq!(found[0].place, Some(Place::new("pipes/orders.conf.json", 5, 5)));
        assert!(!found[0].is_warning && found[1].is_warning);
        assert_eq!(found[1].place, Some(Place::new("pipes/orders.conf.json", 1, 1)));

        let error = rejection("the node refused the configuration", &found);
        assert_eq!(error.related().len(), 1);
        assert_eq!(error.details(), ["warning: pipe orders: odd (pipes/orders.conf.json:1:1)"]);
    }

    #[test]
    fn answers_of_another_shape_still_say_something() {
        let found = of(r#"{"validation_errors": [
            {"posted-config": "{broken", "config-errors": [{"msg": "no JSON"}]},
            {"posted-config": {"_id": "stranger"}, "config-errors": "?"},
            {"posted-config": {"_id": 1}, "config-errors": [{}]}, 7]}"#)
        .unwrap();
        let messages: Vec<&str> = found.iter().map(|objection| &*objection.message).collect();
        assert_eq!(
            messages,
            [
                "an entity without an `_id`: no JSON",
                "entity stranger: the node does not say what is wrong",
                "an entity without an `_id`: the node does not say what is wrong",
                "an entity without an `_id`: the node does not say what is wrong",
            ]
        );
        assert!(found.iter().all(|objection| !objection.is_warning && objection.place.is_none()));
    }

    #[test]
    fn an_answer_without_objections_is_told_apart_from_none() {
        assert_eq!(of(r#"{"validation_errors": []}"#), Some(vec![]));
        assert_eq!(of(r#"{"message": "OK"}"#), None);
        assert_eq!(of("<html>"), None);
    }

    #[test]
    fn an_objection_that_comes_twice_is_one_remark() {
        let found = of(r#"{"validation_errors": [{"posted-config": {"_id": "orders"}, "config-errors": [
            {"level": "error", "msg": "a"}, {"level": "error", "msg": "a"}, {"level": "error", "msg": "b"}]}]}"#)
        .unwrap();
        assert_eq!(remarks(&found).len(), 2);
    }
}
