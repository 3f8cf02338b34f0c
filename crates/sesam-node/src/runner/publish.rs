//! The documents that pipes publish.

use serde_json::Value;

use super::{csv, xml};
use crate::exact::ExactJson;

/// The parameters that choose entities.
const CHOOSING: [&str; 2] = ["since", "limit"];

/// The document of a pipe that copies.
///
/// # Errors
/// In words, if the node cannot write what a node with a data engine would.
pub(super) fn document(
    kind: &str,
    sink: &Value,
    query: &str,
    entities: &[ExactJson],
) -> Result<Vec<u8>, String> {
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    if let Some(name) = names.into_iter().find(|name| CHOOSING.contains(name)) {
        return Err(format!("the embedded node publishes whole datasets, without the parameter `{name}`"));
    }
    let entities: Vec<Value> = entities.iter().map(ExactJson::value).collect();
    match kind {
        "csv" => csv::document(sink, &entities),
        "xml" => xml::document(sink, &entities),
        _ => Err(format!("the embedded node writes no document in the format {kind}")),
    }
}
