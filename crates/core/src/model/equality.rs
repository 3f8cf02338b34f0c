//! When two entities are equal as far as a deployment is concerned.

use std::borrow::Cow;

use super::Entity;
use crate::document::{Member, Node, Object, Value};

/// Whether two entities are equal as far as a deployment is concerned: without what a node adds by itself.
pub fn same_entity(a: &Entity, b: &Entity) -> bool {
    a.value() == b.value() || normalised(a.value()) == normalised(b.value())
}

/// An entity without what a node may add by itself: the config group in `metadata`, and keys of the entity that start with `_` or
/// are `$audit` or `$principals-from-user`.
pub fn normalised(value: &Value) -> Cow<'_, Value> {
    let Some(object) = value.as_object() else { return Cow::Borrowed(value) };
    let grouped = object.get("metadata").and_then(|metadata| metadata.get(CONFIG_GROUP)).is_some();
    if !grouped && !object.members().iter().any(|member| is_bookkeeping(&member.key)) {
        return Cow::Borrowed(value);
    }
    let members =
        object.members().iter().filter(|member| !is_bookkeeping(&member.key)).filter_map(without_group);
    Cow::Owned(Value::Object(members.collect()))
}

const CONFIG_GROUP: &str = "$config-group";

fn is_bookkeeping(key: &str) -> bool {
    (key.starts_with('_') && key != "_id") || key == "$audit" || key == "$principals-from-user"
}

/// The member, `metadata` without its config group; none when nothing else stood in `metadata`.
fn without_group(member: &Member) -> Option<Member> {
    let Some(metadata) = member.node.value.as_object().filter(|_| &*member.key == "metadata") else {
        return Some(member.clone());
    };
    let kept: Object =
        metadata.members().iter().filter(|member| &*member.key != CONFIG_GROUP).cloned().collect();
    if kept.is_empty() && !metadata.is_empty() {
        return None;
    }
    let node = Node { value: Value::Object(kept), span: member.node.span };
    Some(Member { key: member.key.clone(), key_span: member.key_span, node })
}
