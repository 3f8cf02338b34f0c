//! The checks of a node that need no data engine, before anything is written.

use std::collections::HashSet;

use super::protect::Protection;
use super::select::Strictness;
use crate::shares::{concatenated, in_shares, in_shares_mut};
use deployer_core::error::{Error, Kind, Note, Place};
use deployer_core::model::{Entity, EntityKind, NodeName, Variables};
use deployer_validation::{Fault, Finding, Inspection, Names, Severity, Surroundings, inspect};

/// How many findings get the nearest existing name: each one compares all names.
const NEAREST: usize = 20;

/// How many comparisons with all names justify another thread.
const NEAREST_PER_WORKER: usize = 4;

/// The share of one node, and what else its node has.
#[derive(Debug)]
pub struct Share<'a> {
    /// The node.
    pub node: &'a NodeName,
    /// Its entities.
    pub entities: &'a [Entity],
    /// Its variables. Values with other variables are not checked.
    pub variables: &'a Variables,
    /// Whether these are all entities of the node. Otherwise systems and datasets may exist without being among them.
    pub is_complete: bool,
    /// The entities that stay on the node whatever the configuration says.
    pub protected: &'a Protection,
}

/// The faults that a node would report, as errors and warnings. [`Strictness::Lenient`] turns the errors into warnings.
pub fn validate(share: &Share<'_>, strictness: Strictness) -> (Vec<Error>, Vec<Note>) {
    let inspected: Vec<Inspected<'_>> = concatenated(in_shares(share.entities, |entities| {
        entities.iter().map(|entity| Inspected::new(entity, share.variables)).collect()
    }));
    let surroundings = surroundings(share, &inspected);
    let mut found: Vec<Found<'_>> = concatenated(in_shares(&inspected, |inspected| {
        inspected.iter().flat_map(|one| one.found(share, &surroundings)).collect()
    }));
    add_nearest(&mut found, &surroundings);
    report(share, strictness, found)
}

/// What was found in an entity alone. Its copy with replaced variables is freed at once: copies of all entities would double the memory.
struct Inspected<'e> {
    entity: &'e Entity,
    findings: Vec<Finding>,
    names: Names,
    outputs: Vec<String>,
    has_unknown_outputs: bool,
}

impl<'e> Inspected<'e> {
    fn new(entity: &'e Entity, variables: &Variables) -> Self {
        let Inspection { findings, names, outputs, has_unknown_outputs, .. } =
            inspect(entity.root(), variables);
        Self { entity, findings, names, outputs, has_unknown_outputs }
    }

    /// All findings of the entity, except those about protected names.
    fn found(&self, share: &Share<'_>, surroundings: &Surroundings<'_>) -> Vec<Found<'e>> {
        let findings = self.findings.iter().cloned().chain(surroundings.findings(&self.names));
        let findings = findings.filter(|finding| match &finding.fault {
            Fault::UnknownSystem(id) | Fault::UnknownDataset(id) => !share.protected.covers(id),
            _ => true,
        });
        let found = |Finding { fault, span }| {
            let place = self.entity.place_of(span);
            Found { entity: self.entity, fault, place, near: None }
        };
        findings.map(found).collect()
    }
}

fn surroundings<'i>(share: &Share<'_>, inspected: &'i [Inspected<'_>]) -> Surroundings<'i> {
    let ids = |kind| {
        let of_kind = inspected.iter().map(|one| one.entity).filter(move |entity| entity.kind() == kind);
        of_kind.map(|entity| &**entity.id()).collect::<HashSet<&str>>()
    };
    let is_known = share.is_complete && !inspected.iter().any(|one| one.has_unknown_outputs);
    let outputs = inspected.iter().flat_map(|one| &one.outputs);
    Surroundings {
        systems: share.is_complete.then(|| ids(EntityKind::System)),
        pipes: ids(EntityKind::Pipe),
        datasets: is_known.then(|| outputs.map(String::as_str).collect()),
    }
}

/// A fault with its place.
struct Found<'e> {
    entity: &'e Entity,
    fault: Fault,
    place: Place,
    /// The nearest existing name.
    near: Option<String>,
}

/// Adds the nearest name to the first findings, of those about one dataset to the first one.
fn add_nearest(found: &mut [Found<'_>], surroundings: &Surroundings<'_>) {
    let mut datasets = HashSet::new();
    let is_first = |found: &&mut Found<'_>| match &found.fault {
        Fault::UnknownDataset(id) => datasets.insert(id.clone()),
        _ => true,
    };
    let mut first: Vec<&mut Found<'_>> = found.iter_mut().filter(is_first).take(NEAREST).collect();
    in_shares_mut(&mut first, NEAREST_PER_WORKER, |share| {
        for found in share {
            found.near = surroundings.nearest(&found.fault).map(|name| format!("did you mean {name:?}?"));
        }
    });
}

fn report(share: &Share<'_>, strictness: Strictness, found: Vec<Found<'_>>) -> (Vec<Error>, Vec<Note>) {
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    let mut unwritten = Vec::new();
    for Found { entity, fault, place, near } in found {
        let words = match fault {
            Fault::UnknownDataset(dataset) => {
                unwritten.push(Unwritten { dataset, place, near });
                continue;
            }
            Fault::UnknownSystem(_) => format!("{fault} on node {}", share.node),
            _ => fault.to_string(),
        };
        let message = format!("{} {}: {words}", entity.kind().noun(), entity.id());
        match (strictness, fault.severity()) {
            (Strictness::Strict, Severity::Error) => {
                // As if the node had refused it.
                let error = Error::new(Kind::Rejected, message).at(place);
                problems.push(match near.or_else(|| next_step(&fault)) {
                    Some(hint) => error.with_hint(hint),
                    None => error,
                });
            }
            _ => warnings.push(Note::warning(joined(message, near.as_deref())).at_all([place])),
        }
    }
    unwritten.sort_unstable_by(|one, other| (&one.dataset, &one.place).cmp(&(&other.dataset, &other.place)));
    let datasets: Vec<&[Unwritten]> = unwritten.chunk_by(|one, other| one.dataset == other.dataset).collect();
    let mut of_datasets: Vec<Note> = concatenated(in_shares(&datasets, |datasets| {
        datasets.iter().map(|reads| unwritten_dataset(share.node, reads)).collect()
    }));
    warnings.append(&mut of_datasets);
    (problems, warnings)
}

/// A place that reads a dataset which no pipe writes.
struct Unwritten {
    dataset: String,
    place: Place,
    near: Option<String>,
}

/// One warning for all places that read a dataset which no pipe writes.
fn unwritten_dataset(node: &NodeName, reads: &[Unwritten]) -> Note {
    let dataset = reads.first().map(|read| read.dataset.as_str()).unwrap_or_default();
    let near = reads.iter().find_map(|read| read.near.as_deref());
    // They are sorted.
    let mut places: Vec<Place> = reads.iter().map(|read| read.place.clone()).collect();
    places.dedup();
    let message = format!("no pipe of node {node} writes dataset {dataset:?}");
    Note::warning(joined(message, near)).at_all(places)
}

fn joined(message: String, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("{message}; {near}"),
        None => message,
    }
}

/// What to do about a fault whose name resembles no existing one.
fn next_step(fault: &Fault) -> Option<String> {
    match fault {
        Fault::UnknownType { part, .. } => Some(format!("expected one of: {}", part.type_names().join(", "))),
        Fault::UnknownSystem(id) => {
            Some(format!("add systems/{id}.conf.json to the deployed files, or correct the name"))
        }
        _ => None,
    }
}
