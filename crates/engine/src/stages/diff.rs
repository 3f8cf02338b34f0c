//! The differences between the running and the desired configuration.

use std::collections::{BTreeMap, BTreeSet};

use deployer_core::format;
use deployer_core::model::{
    Action, Desired, Entity, EntityChange, EntityKind, LostSecrets, NodeName, NodePlan, Observed, Origin,
    Revision, SecretChange, SecretName, SecretState, SystemSecretChange, VariableChange, comparable,
    normalised, same_entity,
};

/// Compares a node's desired state with its observed one. Key order never matters; numbers compare as `Number` says.
pub fn diff(
    node: &NodeName,
    environment: &str,
    revision: Option<&Revision>,
    target: &str,
    desired: Desired,
    observed: &Observed,
) -> NodePlan {
    let entities = entity_changes(&desired.entities, &observed.entities);
    let variables = variable_changes(&desired, observed);
    let secrets = secret_changes(&desired, observed);
    let system_secrets = system_secret_changes(&desired, observed);
    let lost_secrets = lost_secrets(&entities, observed);
    NodePlan::new(
        node.clone(),
        environment.to_owned(),
        revision.cloned(),
        target.to_owned(),
        observed,
        desired,
    )
    .with_entities(entities)
    .with_variables(variables)
    .with_secrets(secrets)
    .with_system_secrets(system_secrets)
    .with_lost_secrets(lost_secrets)
}

/// Removals first, then changes, then additions, each in order of the ids.
fn entity_changes(desired: &[Entity], observed: &[Entity]) -> Vec<EntityChange> {
    let wanted: BTreeMap<&str, &Entity> = desired.iter().map(|entity| (&**entity.id(), entity)).collect();
    let running: BTreeMap<&str, &Entity> = observed.iter().map(|entity| (&**entity.id(), entity)).collect();
    let mut changes: Vec<EntityChange> = running
        .iter()
        .filter(|(id, _)| !wanted.contains_key(*id))
        .map(|(_, now)| change(Action::Remove, Some(now), None))
        .collect();
    for (id, entity) in &wanted {
        match running.get(id) {
            None => changes.push(change(Action::Add, None, Some(entity))),
            Some(now) if !same_entity(now, entity) => {
                changes.push(change(Action::Change, Some(now), Some(entity)))
            }
            Some(_) => {}
        }
    }
    changes.sort_by(|a, b| (a.action, &a.id).cmp(&(b.action, &b.id)));
    changes
}

fn change(action: Action, before: Option<&Entity>, after: Option<&Entity>) -> EntityChange {
    let text = |entity: &Entity, other: Option<&Entity>| match other {
        Some(other) => format::portal(&comparable(entity.value(), other.value())),
        None => format::portal(&normalised(entity.value())),
    };
    let shown = after.or(before);
    EntityChange::new(
        shown.map(|entity| entity.id().to_string()).unwrap_or_default(),
        shown.map_or(EntityKind::Other, Entity::kind),
        action,
    )
    .with_origin(after.map(Entity::place))
    .with_crossing(after.and_then(|entity| match entity.origin() {
        Origin::Template { crossing, .. } => crossing.clone(),
        _ => None,
    }))
    .with_datatype(after.and_then(|entity| match entity.origin() {
        Origin::Connector { datatype, .. } => datatype.clone(),
        _ => None,
    }))
    .with_before(before.map(|entity| text(entity, after)))
    .with_after(after.map(|entity| text(entity, before)))
}

fn variable_changes(desired: &Desired, observed: &Observed) -> Vec<VariableChange> {
    let Some(wanted) = &desired.variables else { return Vec::new() };
    let empty = BTreeMap::new();
    let running = observed.variables.as_ref().map_or(&empty, |variables| &variables.entries);
    let names: BTreeSet<&String> = wanted.entries.keys().chain(running.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (before, after) = (running.get(name), wanted.entries.get(name));
        let action = match (before, after) {
            (None, _) => Action::Add,
            (_, None) => Action::Remove,
            (Some(before), Some(after)) if before.value != after.value => Action::Change,
            _ => continue,
        };
        let text = |variable: &deployer_core::model::Variable| format::compact(&variable.value);
        changes.push(VariableChange::new(name.clone(), action, before.map(text), after.map(text)));
    }
    changes
}

fn secret_changes(desired: &Desired, observed: &Observed) -> Vec<SecretChange> {
    let (Some(wanted), Some(running)) = (&desired.secrets, &observed.secrets) else { return Vec::new() };
    let states = secret_states(wanted, running);
    states.map(|(name, state)| SecretChange::new(name.clone(), state)).collect()
}

/// The state of each desired or present secret, by name.
fn secret_states<'a>(
    wanted: &'a BTreeSet<SecretName>,
    running: &'a BTreeSet<SecretName>,
) -> impl Iterator<Item = (&'a SecretName, SecretState)> {
    let names: BTreeSet<&SecretName> = wanted.iter().chain(running).collect();
    names.into_iter().map(|name| {
        let state = match (wanted.contains(name), running.contains(name)) {
            (true, false) => SecretState::New,
            (true, true) => SecretState::SentAgain,
            (false, _) => SecretState::LeftOnNode,
        };
        (name, state)
    })
}

fn system_secret_changes(desired: &Desired, observed: &Observed) -> Vec<SystemSecretChange> {
    let nothing = BTreeSet::new();
    let mut changes = Vec::new();
    for (system, wanted) in &desired.system_secrets {
        let runs = observed.entities.iter().any(|entity| **entity.id() == **system);
        // If the secrets of a running system cannot be listed, all count as present: undoing a run removes only new secrets.
        let running = observed.system_secrets.get(system).unwrap_or(if runs { wanted } else { &nothing });
        changes.extend(
            secret_states(wanted, running)
                .map(|(name, state)| SystemSecretChange::new(system.clone(), name.clone(), state)),
        );
    }
    changes
}

fn lost_secrets(changes: &[EntityChange], observed: &Observed) -> Vec<LostSecrets> {
    let lost = changes.iter().filter(|change| change.action == Action::Remove).filter_map(|change| {
        let secrets = observed.system_secrets.get(&change.id).filter(|secrets| !secrets.is_empty())?;
        Some(LostSecrets::new(change.id.clone(), secrets.clone()))
    });
    lost.collect()
}

/// The running systems whose own secrets matter to a plan: those that it removes, and those that it sends secrets to.
pub fn concerned_systems(desired: &Desired, observed: &Observed) -> BTreeSet<String> {
    let wanted: BTreeSet<&str> = desired.entities.iter().map(|entity| &**entity.id()).collect();
    let running = observed.entities.iter().filter(|entity| entity.kind() == EntityKind::System);
    let concerned = running.map(|entity| &**entity.id()).filter(|id| {
        !wanted.contains(id) || desired.system_secrets.get(*id).is_some_and(|names| !names.is_empty())
    });
    concerned.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities};
    use deployer_core::document::SourceText;
    use deployer_core::model::Fingerprint;

    fn entities(text: &str) -> Vec<Entity> {
        read_entities(&[SourceText::new("c.json", text)], Strictness::Strict).entities
    }

    fn observed(held: &str) -> Observed {
        let mut observed = Observed::new(Fingerprint::new("x"), entities(held));
        observed.secrets = Some([SecretName::from("old"), SecretName::from("both")].into());
        observed.system_secrets = [("gone".to_owned(), [SecretName::from("own")].into())].into();
        observed
    }

    fn plan(desired: &str, held: &str) -> NodePlan {
        let observed = observed(held);
        let secrets = Some([SecretName::from("both"), SecretName::from("new")].into());
        let desired = Desired::default().with_entities(entities(desired)).with_secrets(secrets);
        diff(&NodeName::master(), "test", None, "here", desired, &observed)
    }

    #[test]
    fn order_of_keys_spelling_of_decimals_and_keys_that_a_node_adds_are_no_change() {
        let plan = plan(
            r#"[{"_id": "a", "n": 1.0, "o": {"x": 1, "y": 2}}, {"_id": "b", "metadata": {"k": 1}}]"#,
            r#"[{"o": {"y": 2, "x": 1}, "n": 1.00, "_id": "a", "metadata": {"$config-group": "g"}, "_updated": 3},
                {"_id": "b", "metadata": {"$config-group": "g", "k": 1}}]"#,
        );
        assert!(plan.entities.is_empty(), "{:?}", plan.entities);
    }

    #[test]
    fn removals_come_first_then_changes_then_additions() {
        let plan = plan(
            r#"[{"_id": "new"}, {"_id": "c", "l": [1, 2]}, {"_id": "b", "x": 1}]"#,
            r#"[{"_id": "old"}, {"_id": "b", "x": 2}, {"_id": "c", "l": [2, 1]}]"#,
        );
        let signs: Vec<String> =
            plan.entities.iter().map(|change| format!("{}{}", change.action.sign(), change.id)).collect();
        assert_eq!(signs, ["-old", "~b", "~c", "+new"]);
        assert_eq!(plan.entities[1].before.as_deref(), Some("{\n  \"_id\": \"b\",\n  \"x\": 2\n}\n"));
    }

    #[test]
    fn secrets_are_new_sent_again_or_left() {
        let plan = plan("[]", "[]");
        let states: Vec<(String, SecretState)> =
            plan.secrets.iter().map(|secret| (secret.name.to_string(), secret.state)).collect();
        assert_eq!(
            states,
            [
                ("both".to_owned(), SecretState::SentAgain),
                ("new".to_owned(), SecretState::New),
                ("old".to_owned(), SecretState::LeftOnNode)
            ]
        );
    }

    #[test]
    fn the_secrets_of_a_removed_system_are_lost_and_those_of_others_are_not_asked_for() {
        let running = r#"[{"_id": "gone", "type": "system:url"}, {"_id": "stays", "type": "system:url"}]"#;
        let plan = plan(r#"[{"_id": "stays", "type": "system:url"}]"#, running);
        let lost = LostSecrets::new("gone".to_owned(), ["own".into()].into());
        assert_eq!(plan.lost_secrets, [lost]);
        let observed = observed(running);
        assert_eq!(concerned_systems(&plan.desired, &observed), ["gone".to_owned()].into());
        let sent = [("stays".to_owned(), ["x".into()].into()), ("new".to_owned(), ["x".into()].into())];
        let desired = plan.desired.with_system_secrets(sent.into());
        assert_eq!(concerned_systems(&desired, &observed).len(), 2);
        let states = diff(&NodeName::master(), "test", None, "here", desired, &observed).system_secrets;
        let states: Vec<(&str, SecretState)> =
            states.iter().map(|secret| (secret.system.as_str(), secret.state)).collect();
        assert_eq!(
            states,
            [("new", SecretState::New), ("stays", SecretState::SentAgain)],
            "what cannot be listed is not new"
        );
    }
}
