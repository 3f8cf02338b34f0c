//! The flow inside of a node: which pipe reads what another one writes.

use std::sync::Arc;

use super::flow::{Flow, LinkRule};
use deployer_core::model::{Entity, ReadWay, Variables};

/// A pipe that reads a dataset which another pipe of its node writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipeLink {
    /// The `_id` of the pipe that writes the dataset.
    pub from: Arc<str>,
    /// The `_id` of the pipe that reads it.
    pub to: Arc<str>,
    /// How it is read.
    pub way: ReadWay,
}

/// The links between the pipes of a node, by every reference that Sesam documents, in the order of the configuration.
pub fn pipe_links(entities: &[Entity], variables: &Variables) -> Vec<PipeLink> {
    let flow = Flow::of(entities, LinkRule::Full, variables);
    let mut links: Vec<PipeLink> = Vec::new();
    for pipe in &flow.pipes {
        for reader in pipe.outputs.iter().flat_map(|output| flow.readers(output)) {
            let link = PipeLink {
                from: Arc::clone(pipe.entity.id()),
                to: Arc::clone(reader.entity.id()),
                way: reader.way,
            };
            if !links.contains(&link) {
                links.push(link);
            }
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities};
    use deployer_core::document::SourceText;

    #[test]
    fn a_link_leads_from_the_writer_of_a_dataset_to_each_reader() {
        let texts = [
            r#"{"_id": "a", "type": "pipe", "source": {"type": "json", "system": "s"}, "sink": {"type": "dataset", "dataset": "data"}}"#,
            r#"{"_id": "b", "type": "pipe", "source": {"type": "merge", "datasets": ["data d"]}}"#,
            r#"{"_id": "c", "type": "pipe", "source": {"type": "dataset", "dataset": "b"}}"#,
        ];
        let sources = texts.map(|text| SourceText::new("p.json", text));
        let entities = read_entities(&sources, Strictness::Strict).entities;
        let links: Vec<String> = pipe_links(&entities, &Variables::default())
            .iter()
            .map(|link| format!("{} -> {} {:?}", link.from, link.to, link.way))
            .collect();
        assert_eq!(links, ["a -> b Source", "b -> c Source"]);
    }
}
