//! States of nodes, written as JSON.

use deployer_core::document::{Node, SourceText};
use deployer_core::model::{Desired, Entity, Origin, Variables};

/// A state of these entities and variables, without secrets. Without variables, those of the node are left alone.
///
/// # Panics
/// When a text is no JSON, or not that of an entity or of variables.
#[track_caller]
pub fn desired(entities: &[&str], variables: Option<&str>) -> Desired {
    let entities = entities.iter().map(|text| {
        let (root, source) = parsed("entity", text);
        Entity::new(root, Origin::File(source)).expect("an entity")
    });
    let variables = variables.map(|text| {
        let (root, source) = parsed("variables", text);
        Variables::from_document(&root, &source).expect("variables")
    });
    Desired::default().with_entities(entities.collect()).with_variables(variables)
}

fn parsed(file: &str, text: &str) -> (Node, SourceText) {
    let source = SourceText::new(file, text);
    (source.parse().expect("JSON").root, source)
}
