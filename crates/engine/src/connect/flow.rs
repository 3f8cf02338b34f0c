//! Who reads what: the datasets that the pipes of a node name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::names::Names;
use super::references::{self, Output};
use crate::shares::in_shares;
use deployer_core::document::{Node, Value};
use deployer_core::error::Note;
use deployer_core::model::{Entity, ReadWay, Variables};

/// Which references to datasets count when nodes are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkRule {
    /// The original's: sources of type `dataset` and `merge`, sinks of type `dataset`.
    Seed,
    /// Every reference that Sesam documents: all source types, conditional alternatives, hops and lookups, variables filled in.
    Full,
}

/// A dataset that a pipe reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputDataset {
    /// The dataset.
    pub dataset: Arc<str>,
    /// How the pipe reads it.
    pub way: ReadWay,
}

/// What a pipe reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipeFlow {
    /// The `_id` of the pipe.
    pub pipe: Arc<str>,
    /// The datasets that it reads, each once.
    pub reads: Vec<InputDataset>,
    /// The datasets that it writes, each once.
    pub writes: Vec<Arc<str>>,
}

/// What each pipe of a node reads and writes, in the order of the configuration.
pub fn pipe_flows(entities: &[Entity], rule: LinkRule, variables: &Variables) -> Vec<PipeFlow> {
    let pipes = Flow::of(entities, rule, variables).pipes.into_iter();
    let flow = |pipe: Pipe<'_>| PipeFlow {
        pipe: Arc::clone(pipe.entity.id()),
        reads: pipe.inputs,
        writes: pipe.outputs,
    };
    pipes.map(flow).collect()
}

/// A pipe and the datasets it names, each once.
#[derive(Debug)]
pub(super) struct Pipe<'a> {
    pub(super) entity: &'a Entity,
    pub(super) inputs: Vec<InputDataset>,
    pub(super) outputs: Vec<Arc<str>>,
}

/// A pipe that reads a dataset, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) entity: &'a Entity,
    pub(super) way: ReadWay,
}

/// The flow of one node: its pipes in the order of the configuration, and who reads what first.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    pub(super) pipes: Vec<Pipe<'a>>,
    readers: HashMap<Arc<str>, Vec<Reader<'a>>>,
    outputs: HashSet<Arc<str>>,
    /// Names of datasets that cannot be resolved.
    pub(super) notes: Vec<Note>,
}

impl<'a> Flow<'a> {
    pub(super) fn of(entities: &'a [Entity], rule: LinkRule, variables: &Variables) -> Self {
        let mut names = Names::new(variables);
        let mut pipes: Vec<Pipe<'a>> = Vec::new();
        for (found, unresolved) in in_shares(entities, |entities| pipes_of(entities, rule, variables)) {
            pipes.extend(found);
            names.append(unresolved);
        }
        let inputs = pipes.iter().map(|pipe| pipe.inputs.len()).sum();
        let mut readers: HashMap<Arc<str>, Vec<Reader<'_>>> = HashMap::with_capacity(inputs);
        let mut outputs = HashSet::with_capacity(pipes.len());
        for pipe in &pipes {
            outputs.extend(pipe.outputs.iter().cloned());
            for input in &pipe.inputs {
                let reader = Reader { entity: pipe.entity, way: input.way };
                readers.entry(Arc::clone(&input.dataset)).or_default().push(reader);
            }
        }
        Self { pipes, readers, outputs, notes: names.notes().collect() }
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

fn pipes_of<'a, 'v>(
    entities: &'a [Entity],
    rule: LinkRule,
    variables: &'v Variables,
) -> (Vec<Pipe<'a>>, Names<'v>) {
    let mut names = Names::new(variables);
    let pipes = match rule {
        LinkRule::Seed => entities.iter().filter_map(seed_pipe).collect(),
        LinkRule::Full => {
            let pipes = entities.iter().filter(|entity| references::is_pipe(entity));
            pipes.map(|entity| full_pipe(entity, &mut names)).collect()
        }
    };
    (pipes, names)
}

fn full_pipe<'a>(entity: &'a Entity, names: &mut Names<'_>) -> Pipe<'a> {
    let mut inputs = Vec::new();
    let mut seen = HashSet::new();
    for input in references::inputs(entity) {
        for dataset in names.read(entity, input.node, input.form) {
            if seen.insert(Arc::clone(&dataset)) {
                inputs.push(InputDataset { dataset, way: input.way });
            }
        }
    }
    let mut outputs = Vec::new();
    for output in references::outputs(entity) {
        match output {
            Output::OwnId => outputs.push(names.own(entity)),
            Output::Named(node) => outputs.extend(names.read(entity, node, references::Form::Id)),
        }
    }
    let mut seen = HashSet::new();
    outputs.retain(|output| seen.insert(Arc::clone(output)));
    Pipe { entity, inputs, outputs }
}

/// An entity as the original sees it: a pipe if it has a `source.type`.
fn seed_pipe(entity: &Entity) -> Option<Pipe<'_>> {
    let source = entity.at_path("source")?;
    let mut datasets = match source.get("type")?.as_str() {
        Some("dataset") => source.get("dataset").and_then(Node::as_str).into_iter().collect(),
        Some("merge") => source.get("datasets").map(first_words).unwrap_or_default(),
        _ => Vec::new(),
    };
    let mut seen = HashSet::new();
    datasets.retain(|dataset| seen.insert(*dataset));
    let sink =
        entity.at_path("sink").filter(|sink| sink.get("type").and_then(Node::as_str) == Some("dataset"));
    let output = sink.and_then(|sink| sink.get("dataset")).and_then(Node::as_str).unwrap_or(entity.id());
    let input = |dataset| InputDataset { dataset: Arc::from(dataset), way: ReadWay::Source };
    Some(Pipe { entity, inputs: datasets.into_iter().map(input).collect(), outputs: vec![output.into()] })
}

/// The first word of a text, or of each text in a list.
fn first_words(list: &Node) -> Vec<&str> {
    let texts: Vec<&str> = match &list.value {
        Value::Array(items) => items.iter().filter_map(Node::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    };
    texts.into_iter().filter_map(|text| text.split_whitespace().next()).collect()
}

#[cfg(test)]
mod tests;
