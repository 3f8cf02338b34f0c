//! What a node adds to a pipe: the sink, the pump, the system of datasets, the wrapper of a chain.

use serde_json::{Map, Value, json};

use super::INTERNAL_SYSTEM;

const DATASET_LIKE: &[&str] =
    &["dataset", "merge", "merge_datasets", "union_datasets", "diff_datasets", "replicated_dataset"];

/// Completes a resolved pipe.
pub(crate) fn complete_pipe(id: &str, mut pipe: Value) -> Value {
    let Some(members) = pipe.as_object_mut() else { return pipe };
    members.remove("short_config");
    if let Some(source) = members.get_mut("source").and_then(Value::as_object_mut) {
        add_internal_system(source);
    }
    let sink = members.entry("sink").or_insert_with(|| json!({}));
    if let Some(sink) = sink.as_object_mut() {
        complete_sink(id, sink);
    }
    if let Some(transform) = members.get_mut("transform")
        && transform.is_array()
    {
        *transform = json!({"transforms": transform.take(), "type": "chained"});
    }
    let pump = members.entry("pump").or_insert_with(|| json!({}));
    if let Some(pump) = pump.as_object_mut() {
        pump.insert("_id".to_owned(), json!(format!("pump:{id}")));
        pump.insert("type".to_owned(), json!("datasync"));
        if !pump.contains_key("cron_expression") {
            pump.entry("schedule_interval").or_insert(json!(30.0));
        }
    }
    members.entry("principals").or_insert_with(|| json!(["group:Admin"]));
    members.entry("namespaced_identifiers").or_insert(json!(false));
    pipe
}

fn complete_sink(id: &str, sink: &mut Map<String, Value>) {
    let kind = sink.entry("type").or_insert(json!("dataset"));
    if *kind == "dataset" {
        sink.entry("dataset").or_insert(json!(id));
        sink.entry("track_children").or_insert(json!(false));
    }
    add_internal_system(sink);
}

fn add_internal_system(component: &mut Map<String, Value>) {
    let kind = component.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| DATASET_LIKE.contains(&kind)) {
        component.entry("system").or_insert(json!(INTERNAL_SYSTEM));
    }
}
