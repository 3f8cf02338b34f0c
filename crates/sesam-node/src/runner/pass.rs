//! Running every pipe until nothing changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    /// What it output: nothing if it failed.
    pub(crate) output: Dataset,
    /// Whether its output is a canned answer.
    pub(crate) is_canned: bool,
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
    pub(crate) pipes: BTreeMap<String, Arc<PipeRun>>,
}

/// Runs every valid pipe, those that write a dataset before those that read it. `failing` are the pipes that fail, with the message of each.
/// A pipe that reads the dataset of a failed or invalid pipe fails too: its output would come from nothing.
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
    let all = contents.derived.components.iter();
    let invalid = all.filter(|(id, _)| !pipes.contains_key(id.as_str()));
    let mut failed: BTreeMap<&str, &str> = invalid.flat_map(|(id, pipe)| written(id, pipe)).collect();
    let writers = writers(&pipes);
    for id in ordered(&pipes, &writers) {
        let pipe = pipes[id];
        let hash = bound(&pipes, &writers, id, received);
        let inputs = Inputs { received, datasets: &moved.datasets };
        let before = moved.pipes.remove(id).map(|run| Arc::unwrap_or_clone(run).output);
        let result = match failing.get(id) {
            Some(message) => Err(message.clone()),
            None => match canned(answers, id, &hash) {
                Some(entities) => Ok((entities, true)),
                None => upstream(pipe, &failed)
                    .map_or_else(|| copied(id, pipe, &inputs).map_err(str::to_owned), Err)
                    .map(|entities| (entities, false))
                    .map_err(|why| answers.explained(id, &why, &hash)),
            },
        };
        let run = match result {
            Ok((entities, is_canned)) => {
                let mut output = before.unwrap_or_default();
                output.replace(&entities);
                for dataset in &pipe.outputs {
                    moved.datasets.entry(dataset.clone()).or_default().replace(&entities);
                }
                let message =
                    if is_canned { "Pump finished: the answer is canned." } else { "Pump finished." };
                PipeRun { output, is_canned, is_success: true, message: message.to_owned(), hash }
            }
            Err(message) => {
                failed.extend(written(id, pipe));
                PipeRun { output: Dataset::default(), is_canned: false, is_success: false, message, hash }
            }
        };
        moved.pipes.insert(id.to_owned(), Arc::new(run));
    }
    moved
}

/// The entities of a canned answer. An answer that is no list of entities is served as it is, and goes nowhere else.
fn canned(answers: &Answers, id: &str, hash: &str) -> Option<Vec<ExactJson>> {
    match answers.entities(id, None, hash) {
        Some(canned) => Some(ExactJson::parse_elements(&canned).unwrap_or_default()),
        None => answers.publishes(id, hash).then(Vec::new),
    }
}

/// The datasets that a pipe writes, each with the pipe.
fn written<'a>(id: &'a str, pipe: &'a Component) -> impl Iterator<Item = (&'a str, &'a str)> {
    pipe.outputs.iter().map(move |dataset| (dataset.as_str(), id))
}

/// The failed pipe that a pipe reads from, in words.
fn upstream(pipe: &Component, failed: &BTreeMap<&str, &str>) -> Option<String> {
    let read = pipe.inputs.iter().find_map(|dataset| Some((dataset, failed.get(dataset.as_str())?)));
    read.map(|(dataset, writer)| {
        format!("reads the dataset {dataset:?} of the pipe {writer:?}, which failed")
    })
}

/// The pipes that write each dataset.
type Writers<'a> = BTreeMap<&'a str, Vec<&'a str>>;

fn writers<'a>(pipes: &BTreeMap<&'a str, &'a Component>) -> Writers<'a> {
    let mut writers = Writers::new();
    for (id, pipe) in pipes {
        pipe.outputs.iter().for_each(|dataset| writers.entry(dataset).or_default().push(id));
    }
    writers
}

/// The pipes, each after those whose datasets it reads. A circle is run in the order of its names.
fn ordered<'a>(pipes: &BTreeMap<&'a str, &Component>, writers: &Writers<'a>) -> Vec<&'a str> {
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
    writers: &Writers<'_>,
    id: &str,
    received: &BTreeMap<String, Vec<ExactJson>>,
) -> String {
    let mut upstream = BTreeSet::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        if !upstream.insert(id) {
            continue;
        }
        let read = pipes[id].inputs.iter().chain(&pipes[id].dependencies);
        open.extend(read.filter_map(|dataset| writers.get(dataset.as_str())).flatten());
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
