//! The node's side: what is dropped before the comparison.

use std::collections::BTreeSet;

use crate::blacklist::Blacklist;
use crate::json::Json;

/// Drops blacklisted members, and the members that a node adds by itself, at every depth.
pub(crate) fn filtered(value: Json, blacklist: &Blacklist) -> Json {
    kept(value, "", blacklist)
}

fn kept(value: Json, path: &str, blacklist: &Blacklist) -> Json {
    match value {
        Json::List(items) => Json::List(items.into_iter().map(|item| kept(item, path, blacklist)).collect()),
        Json::Object(members) => {
            let members = members.into_iter().filter_map(|(key, value)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if blacklist.drops(&path) || !is_compared(&key, &value) {
                    return None;
                }
                let value = if key.starts_with('_') { value } else { kept(value, &path, blacklist) };
                Some((key, value))
            });
            Json::Object(members.collect())
        }
        plain => plain,
    }
}

/// Of the names that begin with `_`, only `_id` and a true `_deleted` count.
fn is_compared(key: &str, value: &Json) -> bool {
    !key.starts_with('_') || key == "_id" || (key == "_deleted" && *value == Json::Bool(true))
}

/// Whether an entity is deleted.
pub(crate) fn is_deleted(entity: &Json) -> bool {
    entity.get("_deleted") == Some(&Json::Bool(true))
}

/// Drops deleted entities, except those that the expected file has as deleted.
///
/// # Errors
/// If a deleted entity has no `_id` to find it by.
pub(crate) fn without_deletes(entities: Vec<Json>, expected: &[Json]) -> Result<Vec<Json>, String> {
    let text = |entity: &Json| entity.get("_id").map(Json::line);
    let deleted: BTreeSet<String> =
        expected.iter().filter(|entity| is_deleted(entity)).filter_map(text).collect();
    let mut kept = Vec::with_capacity(entities.len());
    for entity in entities {
        if is_deleted(&entity) {
            let Some(id) = text(&entity) else {
                return Err("a deleted entity of the node has no `_id`: the blacklist drops it".to_owned());
            };
            if !deleted.contains(&id) {
                continue;
            }
        }
        kept.push(entity);
    }
    Ok(kept)
}
