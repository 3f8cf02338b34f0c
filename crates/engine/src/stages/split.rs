//! The owner of each entity.

use std::collections::BTreeMap;

use deployer_core::error::{Note, nearest};
use deployer_core::model::{Entity, NodeName};

/// Entities by node, in the order of the configuration.
#[derive(Debug, Default)]
pub struct Split {
    /// The entities of each requested node, in the order of the request.
    pub nodes: Vec<(NodeName, Vec<Entity>)>,
    /// A warning for each owner that is not a node of this run.
    pub notes: Vec<Note>,
}

/// Splits entities by their owner (`metadata.node`, else the master) among `nodes`. Entities of other owners are ignored, with a
/// warning for each owner.
pub fn split(entities: impl IntoIterator<Item = Entity>, nodes: &[NodeName]) -> Split {
    let index: BTreeMap<&str, usize> =
        nodes.iter().enumerate().map(|(at, node)| (node.as_str(), at)).collect();
    let mut shares: Vec<Vec<Entity>> = vec![Vec::new(); nodes.len()];
    let mut unknown: BTreeMap<String, Vec<Entity>> = BTreeMap::new();
    for entity in entities {
        match index.get(entity.owner()) {
            Some(&at) => shares[at].push(entity),
            None => unknown.entry(entity.owner().to_owned()).or_default().push(entity),
        }
    }
    let notes = unknown.into_iter().map(|(owner, entities)| {
        let count = entities.len();
        let noun = if count == 1 { "entity belongs" } else { "entities belong" };
        let mut message = format!("{count} {noun} to node {owner:?}, which is not configured, and ignored");
        if let Some(near) = nearest(&owner, nodes.iter().map(NodeName::as_str)) {
            message.push_str(&format!("; did you mean {near:?}?"));
        }
        Note::warning(message).at_all(entities.iter().take(SHOWN).map(Entity::place))
    });
    Split { notes: notes.collect(), nodes: nodes.iter().cloned().zip(shares).collect() }
}

/// How many places a warning about an owner shows.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities};
    use deployer_core::document::SourceText;

    #[test]
    fn entities_go_to_their_owner_and_unknown_owners_cause_a_warning() {
        let text =
            r#"[{"_id":"m"},{"_id":"x","metadata":{"node":"extra"}},{"_id":"y","metadata":{"node":"extr"}}]"#;
        let read = read_entities(&[SourceText::new("a.json", text)], Strictness::Strict);
        let split = split(read.entities, &[NodeName::master(), "extra".into()]);
        let ids: Vec<Vec<&str>> = split
            .nodes
            .iter()
            .map(|(_, entities)| entities.iter().map(|entity| &**entity.id()).collect())
            .collect();
        assert_eq!(ids, [["m"], ["x"]]);
        assert!(split.notes[0].message.contains("did you mean \"extra\"?"), "{}", split.notes[0].message);
    }
}
