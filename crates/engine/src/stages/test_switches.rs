//! The switches of a test, in the metadata of the node.

use deployer_core::document::{Member, Node, SourceText, Value};
use deployer_core::model::{Entity, EntityKind, Origin};

/// What keeps pipes from running by themselves, and microservices from being loaded early: section, key, and value.
const SWITCHES: [(&str, &str, bool); 2] =
    [("task_manager", "disable_user_pipes", true), ("global_defaults", "eager_load_microservices", false)];

/// Sets the switches in the metadata of the node, which is made if there is none.
pub fn switch_for_test(entities: &mut Vec<Entity>) {
    if let Some(metadata) = entities.iter_mut().find(|entity| entity.kind() == EntityKind::Metadata) {
        let root = Node { value: switched(metadata.value()), span: metadata.root().span };
        if let Ok(entity) = Entity::new(root, metadata.origin().clone()) {
            *metadata = entity;
        }
        return;
    }
    let text = SourceText::new("node-metadata.conf.json", r#"{"_id": "node", "type": "metadata"}"#);
    let Ok(parsed) = text.parse() else { return };
    let root = Node { value: switched(&parsed.root.value), span: parsed.root.span };
    entities.extend(Entity::new(root, Origin::File(text)));
}

fn switched(metadata: &Value) -> Value {
    let mut members: Vec<Member> = members(metadata);
    for (section, key, value) in SWITCHES {
        let at = members.iter().position(|member| &*member.key == section);
        let before = at.map(|at| self::members(&members[at].node.value)).unwrap_or_default();
        let inner = before.into_iter().filter(|member| &*member.key != key);
        let inner = Value::object(inner.chain([Member::new(key, Value::Bool(value))]));
        match at {
            Some(at) => members[at].node.value = inner,
            None => members.push(Member::new(section, inner)),
        }
    }
    Value::object(members)
}

fn members(value: &Value) -> Vec<Member> {
    value.as_object().map(|object| object.members().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use deployer_core::format::compact;

    use super::*;

    fn switched_text(files: &[&str]) -> String {
        let mut entities: Vec<Entity> = files
            .iter()
            .map(|text| {
                let source = SourceText::new("x.conf.json", *text);
                Entity::new(source.parse().unwrap().root, Origin::File(source)).unwrap()
            })
            .collect();
        switch_for_test(&mut entities);
        compact(entities.iter().find(|entity| entity.kind() == EntityKind::Metadata).unwrap().value())
    }

    #[test]
    fn the_metadata_gets_both_switches_and_keeps_what_it_has() {
        let text =
            r#"{"_id": "node", "type": "metadata", "task_manager": {"x": 1, "disable_user_pipes": false}}"#;
        for (files, expected) in [
            ([text], r#""task_manager":{"x":1,"disable_user_pipes":true}"#),
            ([r#"{"_id": "p", "type": "pipe"}"#], r#""task_manager":{"disable_user_pipes":true}"#),
        ] {
            let switched = switched_text(&files);
            assert!(switched.contains(expected), "{switched}");
            assert!(
                switched.contains(r#""global_defaults":{"eager_load_microservices":false}"#),
                "{switched}"
            );
        }
    }
}
