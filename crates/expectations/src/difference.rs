//! What differs, by entity and path.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::json::Json;

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The `_id` of the entity, or its position in the sorted list if it has none.
    pub entity: String,
    /// The keys from the root of the entity, joined with dots; list positions in brackets. Empty for the whole entity.
    pub path: String,
    /// The expected value on one line. `None` if nothing is expected there.
    pub expected: Option<String>,
    /// The value of the node on one line. `None` if the node has nothing there.
    pub got: Option<String>,
}

/// The differences between sorted lists of entities, in order of the expected ones.
pub(crate) fn differences(expected: &[Json], got: &[Json]) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut by_id: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
    for (at, id) in got.iter().enumerate().filter_map(|(at, entity)| Some((at, entity.get("_id")?))) {
        by_id.entry(id.line()).or_default().push_back(at);
    }
    let mut paired = BTreeSet::new();
    for (at, entity) in expected.iter().enumerate() {
        let other = match entity.get("_id") {
            Some(id) => by_id.get_mut(&id.line()).and_then(VecDeque::pop_front),
            None => Some(at).filter(|at| got.get(*at).is_some_and(|other| other.get("_id").is_none())),
        };
        paired.extend(other);
        between(&name(entity, at), "", Some(entity), other.map(|other| &got[other]), &mut found);
    }
    for (at, entity) in got.iter().enumerate().filter(|(at, _)| !paired.contains(at)) {
        between(&name(entity, at), "", None, Some(entity), &mut found);
    }
    found
}

fn name(entity: &Json, at: usize) -> String {
    match entity.get("_id") {
        Some(Json::Text(id)) => id.clone(),
        Some(other) => other.line(),
        None => format!("(entity {} without _id)", at + 1),
    }
}

fn between(
    entity: &str,
    path: &str,
    expected: Option<&Json>,
    got: Option<&Json>,
    found: &mut Vec<Difference>,
) {
    if expected == got {
        return;
    }
    match (expected, got) {
        (Some(Json::Object(expected)), Some(Json::Object(got))) => {
            let keys: BTreeSet<&String> = expected.keys().chain(got.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                between(entity, &path, expected.get(key), got.get(key), found);
            }
        }
        (Some(Json::List(expected)), Some(Json::List(got))) => {
            for at in 0..expected.len().max(got.len()) {
                between(entity, &format!("{path}[{at}]"), expected.get(at), got.get(at), found);
            }
        }
        _ => found.push(Difference {
            entity: entity.to_owned(),
            path: path.to_owned(),
            expected: expected.map(Json::line),
            got: got.map(Json::line),
        }),
    }
}
