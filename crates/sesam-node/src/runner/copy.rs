//! What a pipe outputs when it only copies.

use std::collections::BTreeMap;

use serde_json::Value;

use super::dataset::Dataset;
use crate::exact::ExactJson;
use crate::state::derived::Component;

/// The data that pipes read.
pub(super) struct Inputs<'a> {
    /// What was posted to pipes.
    pub(super) received: &'a BTreeMap<String, Vec<ExactJson>>,
    pub(super) datasets: &'a BTreeMap<String, Dataset>,
}

/// The entities that a pipe copies, or why it copies none.
pub(super) fn copied(
    id: &str,
    pipe: &Component,
    inputs: &Inputs<'_>,
) -> Result<Vec<ExactJson>, &'static str> {
    let effective = pipe.effective.value();
    if transforms(&effective["transform"]) {
        return Err("runs no DTL: the embedded node has no data engine");
    }
    let source = &effective["source"];
    match source["type"].as_str() {
        Some("embedded") => {
            let entities = source["entities"].as_array().map(Vec::as_slice).unwrap_or_default();
            Ok(entities.iter().filter_map(|entity| ExactJson::of(entity).ok()).collect())
        }
        Some("http_endpoint") => Ok(inputs.received.get(id).cloned().unwrap_or_default()),
        Some("dataset") => {
            let dataset = source["dataset"].as_str().and_then(|name| inputs.datasets.get(name));
            Ok(dataset.map(Dataset::shown).unwrap_or_default())
        }
        Some("empty") => Ok(Vec::new()),
        _ => Err("reads no other system and merges nothing: the embedded node has no data engine"),
    }
}

/// Whether a transform can change an entity.
fn transforms(transform: &Value) -> bool {
    match transform {
        Value::Null => false,
        Value::Array(list) => list.iter().any(transforms),
        Value::Object(object) => match object.get("transforms") {
            Some(Value::Array(list)) => list.iter().any(transforms),
            _ => !object.is_empty(),
        },
        _ => true,
    }
}
