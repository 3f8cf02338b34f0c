//! Who reads what: the datasets that pipes name.

use std::collections::{HashMap, HashSet};

use super::walk;
use deployer_core::document::{Node, Value};
use deployer_core::model::Entity;

/// Which references to datasets count when nodes are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkRule {
    /// The original's: sources of type `dataset` and `merge`, sinks of type `dataset`.
    Seed,
    /// Every reference that Sesam documents: all source types, conditional alternatives, hops and lookups.
    Full,
}

/// How a pipe reads a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Source,
    Hop,
    Lookup,
    Share,
}

impl Way {
    /// In words, behind `reads <dataset>`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Way::Source => "",
            Way::Hop => " in a hop",
            Way::Lookup => " in a lookup",
            Way::Share => " as its share dataset",
        }
    }
}

/// A dataset that a pipe reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Input<'a> {
    pub(super) dataset: &'a str,
    pub(super) way: Way,
}

/// A pipe and the datasets it names.
#[derive(Debug)]
pub(super) struct Pipe<'a> {
    pub(super) entity: &'a Entity,
    pub(super) inputs: Vec<Input<'a>>,
    pub(super) outputs: Vec<&'a str>,
}

/// A pipe that reads a dataset, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) entity: &'a Entity,
    pub(super) way: Way,
}

/// The flow of one node: its pipes in the order of the configuration, and who reads what first.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    pub(super) pipes: Vec<Pipe<'a>>,
    readers: HashMap<&'a str, Vec<Reader<'a>>>,
    outputs: HashSet<&'a str>,
}

impl<'a> Flow<'a> {
    pub(super) fn of(entities: &'a [Entity], rule: LinkRule) -> Self {
        let pipes: Vec<Pipe<'a>> = entities.iter().filter_map(|entity| pipe(entity, rule)).collect();
        let mut readers: HashMap<&str, Vec<Reader<'_>>> = HashMap::new();
        let mut outputs = HashSet::new();
        for pipe in &pipes {
            outputs.extend(&pipe.outputs);
            for input in &pipe.inputs {
                let readers = readers.entry(input.dataset).or_default();
                if !readers.last().is_some_and(|last| std::ptr::eq(last.entity, pipe.entity)) {
                    readers.push(Reader { entity: pipe.entity, way: input.way });
                }
            }
        }
        Self { pipes, readers, outputs }
    }

    /// The pipes that read a dataset, in the order of the configuration.
    pub(super) fn readers(&self, dataset: &str) -> &[Reader<'a>] {
        self.readers.get(dataset).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn reads(&self, dataset: &str) -> bool {
        self.readers.contains_key(dataset)
    }

    pub(super) fn writes(&self, dataset: &str) -> bool {
        self.outputs.contains(dataset)
    }
}

/// An entity as a pipe of the flow. For the original, what has no `source.type` is none.
fn pipe(entity: &Entity, rule: LinkRule) -> Option<Pipe<'_>> {
    match rule {
        LinkRule::Seed => {
            let source = entity.at_path("source")?;
            let datasets = seed_inputs(source, source.get("type")?).into_iter();
            let inputs = datasets.map(|dataset| Input { dataset, way: Way::Source }).collect();
            Some(Pipe { entity, inputs, outputs: vec![seed_output(entity)] })
        }
        LinkRule::Full => walk::is_pipe(entity).then(|| Pipe {
            entity,
            inputs: walk::inputs(entity),
            outputs: walk::outputs(entity),
        }),
    }
}

fn seed_inputs<'a>(source: &'a Node, kind: &Node) -> Vec<&'a str> {
    match kind.as_str() {
        Some("dataset") => source.get("dataset").and_then(Node::as_str).into_iter().collect(),
        Some("merge") => source.get("datasets").map(dataset_ids).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn seed_output(entity: &Entity) -> &str {
    entity
        .at_path("sink")
        .filter(|sink| sink.get("type").and_then(Node::as_str) == Some("dataset"))
        .and_then(|sink| sink.get("dataset"))
        .and_then(Node::as_str)
        .unwrap_or(entity.id())
}

/// The dataset ids of a list of `"id alias"` texts: the first word of each.
pub(super) fn dataset_ids(list: &Node) -> Vec<&str> {
    match &list.value {
        Value::Array(items) => {
            items.iter().filter_map(Node::as_str).filter_map(|text| text.split_whitespace().next()).collect()
        }
        Value::String(text) => text.split_whitespace().next().into_iter().collect(),
        _ => Vec::new(),
    }
}
