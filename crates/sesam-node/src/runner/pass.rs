//! Running every pipe until nothing changes.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::answers::Answers;
use super::copy::{Inputs, copied};
use super::dataset::{Dataset, hex};
use crate::config::issue::has_error;
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::state::contents::Contents;
use crate::state::derived::Component;

/// How a pipe ran.
#[derive(Debug, Clone)]
pub(crate) struct PipeRun {
    /// What it output, unless a canned answer is served as it is.
    pub(crate) output: Dataset,
    /// Whether it ran to its end.
    pub(crate) is_success: bool,
    /// The last message.
    pub(crate) message: String,
    /// The hash that a canned answer must be bound to.
    pub(crate) hash: String,
}

/// Everything that pipes have moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moved {
    pub(crate) datasets: BTreeMap<String, Dataset>,
    pub(crate) pipes: BTreeMap<String, PipeRun>,
}

/// Runs every valid pipe, those that write a dataset before those that read it. `failing` are the pipes that fail, with the message of each.
pub(super) fn run(
    contents: &Contents,
    received: &BTreeMap<String, Vec<ExactJson>>,
    before: Moved,
    answers: &Answers,
    failing: &BTreeMap<String, String>,
) -> Moved {
    let mut moved = before;
    let pipes: BTreeMap<&str, &Component> = contents
        .derived
        .components
        .iter()
        .filter(|(_, component)| component.kind == EntityKind::Pipe && !has_error(&component.issues))
        .map(|(id, component)| (id.as_str(), &**component))
        .collect();
    for id in ordered(&pipes) {
        let pipe = pipes[id];
        let hash = bound(&pipes, id, received);
        let inputs = Inputs { received, datasets: &moved.datasets };
        let canned = answers.entities(id, None, &hash);
        let (entities, is_success, message) = match (failing.get(id), canned, copied(id, pipe, &inputs)) {
            (Some(message), ..) => (Vec::new(), false, message.clone()),
            (None, Some(canned), _) => {
                // A canned answer that is no list of entities is served as it is, and goes nowhere else.
                let entities = ExactJson::parse_elements(&canned).unwrap_or_default();
                (entities, true, "Pump finished: the answer is canned.".to_owned())
            }
            (None, None, Ok(entities)) => (entities, true, "Pump finished.".to_owned()),
            (None, None, Err(why)) => (Vec::new(), false, answers.explained(id, why, &hash)),
        };
        let run = moved.pipes.remove(id);
        let mut output = run.map(|run| run.output).unwrap_or_default();
        output.replace(&entities);
        if is_success {
            for dataset in &pipe.outputs {
                moved.datasets.entry(dataset.clone()).or_default().replace(&entities);
            }
        }
        moved.pipes.insert(id.to_owned(), PipeRun { output, is_success, message, hash });
    }
    moved
}

/// The pipes, each after those whose datasets it reads. A circle is run in the order of its names.
fn ordered<'a>(pipes: &BTreeMap<&'a str, &Component>) -> Vec<&'a str> {
    let mut writers: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for (id, pipe) in pipes {
        pipe.outputs.iter().for_each(|dataset| writers.entry(dataset).or_default().push(id));
    }
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    // Each pipe is visited twice: before and after those it reads from.
    let mut stack: Vec<(&'a str, bool)> = pipes.keys().rev().map(|id| (*id, false)).collect();
    while let Some((id, is_done)) = stack.pop() {
        if is_done {
            order.push(id);
        } else if seen.insert(id) {
            stack.push((id, true));
            let read = pipes[id].inputs.iter().filter_map(|dataset| writers.get(dataset.as_str())).flatten();
            stack.extend(read.filter(|id| !seen.contains(*id)).map(|id| (*id, false)));
        }
    }
    order
}

/// The hash of a pipe, all pipes upstream of it, and the entities that were posted to them. Embedded entities are part of a pipe.
fn bound(
    pipes: &BTreeMap<&str, &Component>,
    id: &str,
    received: &BTreeMap<String, Vec<ExactJson>>,
) -> String {
    let mut upstream = BTreeSet::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        if !upstream.insert(id) {
            continue;
        }
        let pipe = pipes[id];
        let read: BTreeSet<&String> = pipe.inputs.iter().chain(&pipe.dependencies).collect();
        open.extend(
            pipes.iter().filter(|(_, it)| it.outputs.iter().any(|it| read.contains(it))).map(|(id, _)| *id),
        );
    }
    let mut digest = Sha256::new();
    for id in upstream {
        digest.update(id);
        digest.update([0]);
        digest.update(pipes[id].effective.text());
        for entity in received.get(id).into_iter().flatten() {
            digest.update([1]);
            digest.update(entity.text());
        }
        digest.update([0]);
    }
    hex(&digest.finalize()[..16])
}
