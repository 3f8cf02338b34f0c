//! Each `_id` once per node.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use deployer_core::error::{Error, Kind, Note};
use deployer_core::model::{Entity, NodeName, Origin};

/// Removes repeated entities with equal content, with a warning. An `_id` that two *different* entities have is a problem that names both
/// origins. The first entity of an `_id` keeps its position.
pub fn unique(node: &NodeName, entities: Vec<Entity>) -> (Vec<Entity>, Vec<Error>, Vec<Note>) {
    if all_differ(&entities) {
        return (entities, Vec::new(), Vec::new());
    }
    let mut first: HashMap<Arc<str>, usize> = HashMap::with_capacity(entities.len());
    let mut kept: Vec<Entity> = Vec::with_capacity(entities.len());
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    for entity in entities {
        let Some(&at) = first.get(entity.id()) else {
            first.insert(Arc::clone(entity.id()), kept.len());
            kept.push(entity);
            continue;
        };
        let other = &kept[at];
        if other.value() == entity.value() {
            let message =
                format!("node {node}: {:?} is defined twice with equal content; one is kept", entity.id());
            notes.push(Note::warning(message).at_all([other.place(), entity.place()]));
        } else {
            let message = format!("node {node}: two different entities have the _id {:?}", entity.id());
            problems.push(
                Error::new(Kind::Verification, message)
                    .at_all([other.place(), entity.place()])
                    .with_detail(format!(
                        "one comes from {}, the other from {}",
                        came_from(other),
                        came_from(&entity)
                    ))
                    .with_hint("rename one of them; a node keeps only one entity of an _id"),
            );
        }
    }
    (kept, problems, notes)
}

/// Whether no two entities have the same `_id`, as is nearly always so.
fn all_differ(entities: &[Entity]) -> bool {
    let mut seen: HashSet<&str> = HashSet::with_capacity(entities.len());
    entities.iter().all(|entity| seen.insert(entity.id()))
}

/// Where an entity came from, in words.
fn came_from(entity: &Entity) -> String {
    match entity.origin() {
        Origin::File(source) | Origin::Observed(source) => source.file().to_string(),
        Origin::Saved { place, .. } => place.to_string(),
        Origin::Template { template, crossing: Some(crossing) } => {
            format!("template {} for pipe {}", template.file(), crossing.pipe)
        }
        Origin::Connector { template, datatype: Some(datatype) } => {
            format!("template {} for datatype {datatype}", template.file())
        }
        Origin::Template { template, .. } | Origin::Connector { template, .. } => {
            format!("template {}", template.file())
        }
    }
}
