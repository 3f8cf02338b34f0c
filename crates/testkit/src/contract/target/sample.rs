//! States that any node can hold.

use std::collections::BTreeSet;

use deployer_core::SecretValue;
use deployer_core::document::SourceText;
use deployer_core::model::{Desired, Entity, EntityKind, Origin, SecretName, Variables};
use deployer_core::traits::{NodeTarget, Secrets};

use crate::contract::checks::canary;

/// A pipe that any node takes, with one entity of these members.
pub(super) fn pipe(id: &str, members: &str) -> String {
    format!(
        r#"{{"_id": "{id}", "type": "pipe", "source": {{"type": "embedded", "entities": [{{"_id": "1", {members}}}]}}}}"#
    )
}

/// A system that any node takes.
pub(super) fn system(id: &str, path: &str) -> String {
    format!(r#"{{"_id": "{id}", "type": "system:url", "url_pattern": "http://localhost:1/{path}/%s"}}"#)
}

const METADATA: &str = r#"{"_id": "node", "type": "metadata", "namespaces": {"default": {"x": "y"}}}"#;

/// A state: the parts that the target keeps of it.
pub(super) fn state(
    target: &dyn NodeTarget,
    entities: &[String],
    variables: &str,
    secrets: &[&str],
) -> Desired {
    let capabilities = target.capabilities();
    let mut entities: Vec<Entity> = entities.iter().map(|text| entity(text)).collect();
    entities.retain(|entity| !capabilities.config_group || entity.kind() != EntityKind::Metadata);
    let variables = capabilities.variables.then(|| {
        let source = SourceText::new("variables/variables-test.json", variables);
        let root = source.parse().expect("the sample is JSON").root;
        Variables::from_document(&root, &source).expect("the sample is an object")
    });
    let names = || secrets.iter().map(|name| SecretName::new(*name)).collect::<BTreeSet<_>>();
    Desired::default()
        .with_entities(entities)
        .with_variables(variables)
        .with_secrets(capabilities.secrets.then(names))
}

fn entity(text: &str) -> Entity {
    let read = |path: String| {
        let source = SourceText::new(path, text);
        let root = source.parse().expect("the sample is JSON").root;
        Entity::new(root, Origin::File(source)).expect("the sample is an entity")
    };
    let path = read(String::new()).file_path();
    read(path)
}

/// A state with something of everything.
pub(super) fn first(target: &dyn NodeTarget) -> Desired {
    let entities = [
        METADATA.to_owned(),
        system("crm", "a"),
        system("erp", "a"),
        pipe("crm-person", r#""n": 1"#),
        pipe("erp-order", r#""n": 1"#),
        pipe("stays", r#""n": 1"#),
    ];
    state(target, &entities, r#"{"stays": "x", "changes": 1, "goes": true}"#, &["one"])
}

/// A state that removes, changes and adds something of everything in [`first`].
pub(super) fn second(target: &dyn NodeTarget) -> Desired {
    let entities = [
        METADATA.to_owned(),
        system("crm", "b"),
        system("hr", "a"),
        pipe("erp-order", r#""n": 2"#),
        pipe("stays", r#""n": 1"#),
        pipe("hr-person", r#""n": 1"#),
    ];
    state(target, &entities, r#"{"stays": "x", "changes": {"to": [2]}, "comes": false}"#, &["one", "two"])
}

/// The value of each secret that is wanted; they hold the canary.
pub(super) fn values(desired: &Desired) -> Secrets {
    let value = |name: &SecretName| (name.clone(), SecretValue::new(format!("{name} {}", canary().value())));
    let own = desired.system_secrets.values().flatten();
    desired.secrets.iter().flatten().chain(own).map(value).collect()
}
