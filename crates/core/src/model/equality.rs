//! Which entities are equal as far as a deployment is concerned.

use std::borrow::Cow;

use super::Entity;
use crate::document::{Member, Node, Object, Value};

/// Whether two entities are equal as far as a deployment is concerned: apart from keys that a node adds by itself or leaves out.
pub fn same_entity(a: &Entity, b: &Entity) -> bool {
    a.value() == b.value() || comparable(a.value(), b.value()) == comparable(b.value(), a.value())
}

/// An entity without the keys that do not count in a comparison with `other`. Two entities differ exactly when these forms differ.
///
/// A node's own keys (`_updated`, `$audit` and the like) never count. The config group in `metadata` and all other keys that start
/// with `_` count only when both entities have them: a node may add them, and a node may leave them out.
pub fn comparable<'v>(value: &'v Value, other: &Value) -> Cow<'v, Value> {
    let other = other.as_object();
    let has_key = |key: &str| other.is_some_and(|other| other.get(key).is_some());
    let has_group = other.and_then(group).is_some();
    without(value, has_group, |key| !is_own_key(key) && has_key(key))
}

/// An entity without the keys that a node may add by itself: the config group in `metadata`, keys of the entity that start with `_`,
/// `$audit` and `$principals-from-user`.
pub fn normalised(value: &Value) -> Cow<'_, Value> {
    without(value, false, |_| false)
}

/// An entity without its config group unless `keep_group`, and without the bookkeeping that `keep` does not name.
fn without(value: &Value, keep_group: bool, keep: impl Fn(&str) -> bool) -> Cow<'_, Value> {
    let Some(object) = value.as_object() else { return Cow::Borrowed(value) };
    let drops = |key: &str| is_bookkeeping(key) && !keep(key);
    let grouped = !keep_group && group(object).is_some();
    if !grouped && !object.members().iter().any(|member| drops(&member.key)) {
        return Cow::Borrowed(value);
    }
    let members = object.members().iter().filter(|member| !drops(&member.key));
    let members =
        members.filter_map(|member| if keep_group { Some(member.clone()) } else { without_group(member) });
    Cow::Owned(Value::Object(members.collect()))
}

fn group(entity: &Object) -> Option<&Node> {
    entity.get("metadata")?.get(CONFIG_GROUP)
}

const CONFIG_GROUP: &str = "$config-group";

fn is_bookkeeping(key: &str) -> bool {
    is_own_key(key) || (key.starts_with('_') && key != "_id")
}

/// The keys that only a node writes.
fn is_own_key(key: &str) -> bool {
    matches!(
        key,
        "_updated" | "_ts" | "_hash" | "_deleted" | "_previous" | "$audit" | "$principals-from-user"
    )
}

/// The member, `metadata` without its config group; `None` when `metadata` has nothing else.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SourceText;
    use crate::format::portal;
    use crate::model::Origin;

    fn entity(text: &str) -> Entity {
        let source = SourceText::new("e.json", text);
        let root = source.parse().expect("the test writes valid JSON").root;
        Entity::new(root, Origin::File(source)).expect("an entity")
    }

    /// Sources: the documentation of config groups and of the node's service API (`_updated`, `_ts`, `_hash`, `_deleted`, `_previous`,
    /// `$audit`); `sesam status` of sesam-py, which shows every other difference.
    #[test]
    fn entities_are_equal_apart_from_what_a_node_adds_or_leaves_out() {
        for (configured, on_node, expected) in [
            (r#"{"_id": "a", "x": 1, "y": 2}"#, r#"{"y": 2, "x": 1, "_id": "a"}"#, true),
            (r#"{"_id": "a", "n": 1}"#, r#"{"_id": "a", "n": 1.0}"#, false),
            (r#"{"_id": "a", "n": 1.0}"#, r#"{"_id": "a", "n": 1.00}"#, true),
            (r#"{"_id": "a"}"#, r#"{"_id": "a", "_updated": 7, "_hash": "h", "$audit": {}}"#, true),
            (r#"{"_id": "a", "_updated": 1}"#, r#"{"_id": "a", "_updated": 7}"#, true),
            (r#"{"_id": "a", "_note": "x"}"#, r#"{"_id": "a"}"#, true),
            (r#"{"_id": "a", "_note": "x"}"#, r#"{"_id": "a", "_note": "y"}"#, false),
            (r#"{"_id": "a", "$note": "x"}"#, r#"{"_id": "a"}"#, false),
            (r#"{"_id": "a"}"#, r#"{"_id": "a", "metadata": {"$config-group": "g"}}"#, true),
            (r#"{"_id": "a", "metadata": {"$config-group": "g"}}"#, r#"{"_id": "a"}"#, true),
            (
                r#"{"_id": "a", "metadata": {"$config-group": "g", "k": 1}}"#,
                r#"{"_id": "a", "metadata": {"k": 1}}"#,
                true,
            ),
            (
                r#"{"_id": "a", "metadata": {"$config-group": "g"}}"#,
                r#"{"_id": "a", "metadata": {"$config-group": ["g"]}}"#,
                false,
            ),
            (
                r#"{"_id": "a", "metadata": {"$config-group": "g"}}"#,
                r#"{"_id": "a", "metadata": {"$config-group": "h"}}"#,
                false,
            ),
            (r#"{"_id": "a", "metadata": {}}"#, r#"{"_id": "a"}"#, false),
            (r#"{"_id": "a", "l": [1, 2]}"#, r#"{"_id": "a", "l": [2, 1]}"#, false),
            (r#"{"_id": "a", "x": null}"#, r#"{"_id": "a"}"#, false),
        ] {
            let (a, b) = (entity(configured), entity(on_node));
            assert_eq!(same_entity(&a, &b), expected, "{configured} and {on_node}");
            assert_eq!(same_entity(&b, &a), expected, "{on_node} and {configured}");
            let text = |one: &Entity, other: &Entity| portal(&comparable(one.value(), other.value()));
            assert_eq!(text(&a, &b) == text(&b, &a), expected, "a change has a visible line: {configured}");
        }
    }
}
