//! The defaults that a node adds to a pipe: sink, pump, the system of datasets, the wrapper of a chain.

use deployer_core::document::{Member, Node, Value};
use deployer_validation::INTERNAL_SYSTEM;
use serde_json::json;

const DATASET_LIKE: &[&str] =
    &["dataset", "merge", "merge_datasets", "union_datasets", "diff_datasets", "replicated_dataset"];

/// The pipe with its defaults.
pub(crate) fn complete_pipe(id: &str, pipe: &Node) -> Value {
    let Some(object) = pipe.value.as_object() else { return pipe.value.clone() };
    let mut members: Vec<Member> =
        object.members().iter().filter(|member| &*member.key != "short_config").cloned().collect();
    change(&mut members, "source", add_internal_system);
    add(&mut members, "sink", &json!({}));
    change(&mut members, "sink", |sink| {
        add(sink, "type", &json!("dataset"));
        if text(sink, "type") == Some("dataset") {
            add(sink, "dataset", &json!(id));
            add(sink, "track_children", &json!(false));
        }
        add_internal_system(sink);
    });
    if let Some(transform) = members.iter_mut().find(|member| &*member.key == "transform")
        && transform.node.value.as_array().is_some()
    {
        let list = std::mem::replace(&mut transform.node.value, Value::Null);
        let kind = Member::new("type", Value::string("chained"));
        transform.node.value = Value::object([Member::new("transforms", list), kind]);
    }
    add(&mut members, "pump", &json!({}));
    change(&mut members, "pump", |pump| {
        pump.retain(|member| !matches!(&*member.key, "_id" | "type"));
        add(pump, "_id", &json!(format!("pump:{id}")));
        add(pump, "type", &json!("datasync"));
        if !pump.iter().any(|member| &*member.key == "cron_expression") {
            add(pump, "schedule_interval", &json!(30.0));
        }
    });
    add(&mut members, "principals", &json!(["group:Admin"]));
    add(&mut members, "namespaced_identifiers", &json!(false));
    Value::object(members)
}

fn add_internal_system(component: &mut Vec<Member>) {
    if text(component, "type").is_some_and(|kind| DATASET_LIKE.contains(&kind)) {
        add(component, "system", &json!(INTERNAL_SYSTEM));
    }
}

fn text<'m>(members: &'m [Member], name: &str) -> Option<&'m str> {
    members.iter().find(|member| &*member.key == name)?.node.as_str()
}

/// Adds a member unless there is one of this name.
fn add(members: &mut Vec<Member>, name: &str, default: &serde_json::Value) {
    if !members.iter().any(|member| &*member.key == name) {
        let default = Value::parse_text("", &default.to_string()).expect("a value prints as valid JSON");
        members.push(Member::new(name, default));
    }
}

/// Changes the members of an object that is a member itself.
fn change(members: &mut [Member], name: &str, change: impl FnOnce(&mut Vec<Member>)) {
    let Some(member) = members.iter_mut().find(|member| &*member.key == name) else { return };
    if let Value::Object(object) = &member.node.value {
        let mut inner = object.members().to_vec();
        change(&mut inner);
        member.node.value = Value::object(inner);
    }
}
