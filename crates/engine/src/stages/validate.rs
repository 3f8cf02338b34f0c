//! The checks of a node that need no data engine, before anything is written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::protect::Protection;
use super::select::Strictness;
use crate::shares::in_shares;
use deployer_core::error::{Error, Kind, Note, Place};
use deployer_core::model::{Entity, EntityKind, NodeName, Variables};
use deployer_validation::{Fault, Finding, Inspection, Severity, Surroundings, inspect};

/// How many findings get the nearest existing name: each one compares all names.
const NEAREST: usize = 20;

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
    let inspections = in_shares(share.entities, |entities| {
        let inspected = entities.iter().map(|entity| inspected(entity, share.variables));
        inspected.collect::<Vec<Inspection<'_>>>()
    });
    let inspected: Vec<(&Entity, Inspection<'_>)> =
        share.entities.iter().zip(inspections.into_iter().flatten()).collect();
    let surroundings = surroundings(share, &inspected);
    let mut report = Report::new(share, strictness);
    for (entity, inspection) in &inspected {
        let of_names = surroundings.findings(&inspection.names);
        for finding in inspection.findings.iter().chain(&of_names) {
            report.add(entity, finding, &surroundings);
        }
    }
    report.finish()
}

/// What was found in an entity. Its copy with replaced variables is freed at once: copies of all entities would double the memory.
fn inspected<'e>(entity: &'e Entity, variables: &Variables) -> Inspection<'e> {
    Inspection { resolved: Cow::Borrowed(entity.root()), ..inspect(entity.root(), variables) }
}

fn surroundings<'i>(share: &Share<'_>, inspected: &'i [(&Entity, Inspection<'_>)]) -> Surroundings<'i> {
    let ids = |kind| {
        let of_kind = inspected.iter().filter(move |(entity, _)| entity.kind() == kind);
        of_kind.map(|(entity, _)| &**entity.id()).collect::<BTreeSet<&str>>()
    };
    let is_known =
        share.is_complete && !inspected.iter().any(|(_, inspection)| inspection.has_unknown_outputs);
    let outputs = inspected.iter().flat_map(|(_, inspection)| &inspection.outputs);
    Surroundings {
        systems: share.is_complete.then(|| ids(EntityKind::System)),
        pipes: ids(EntityKind::Pipe),
        datasets: is_known.then(|| outputs.map(String::as_str).collect()),
    }
}

struct Report<'a> {
    share: &'a Share<'a>,
    strictness: Strictness,
    nearest_left: usize,
    problems: Vec<Error>,
    warnings: Vec<Note>,
    /// The places that read a dataset which no pipe writes.
    unwritten: BTreeMap<String, (Option<String>, BTreeSet<Place>)>,
}

impl<'a> Report<'a> {
    fn new(share: &'a Share<'a>, strictness: Strictness) -> Self {
        Self {
            share,
            strictness,
            nearest_left: NEAREST,
            problems: Vec::new(),
            warnings: Vec::new(),
            unwritten: BTreeMap::new(),
        }
    }

    fn add(&mut self, entity: &Entity, finding: &Finding, surroundings: &Surroundings<'_>) {
        if let Fault::UnknownSystem(id) | Fault::UnknownDataset(id) = &finding.fault
            && self.share.protected.covers(id)
        {
            return;
        }
        let place = entity.place_of(finding.span);
        if let Fault::UnknownDataset(id) = &finding.fault {
            if !self.unwritten.contains_key(id) {
                let near = self.nearest(&finding.fault, surroundings);
                self.unwritten.insert(id.clone(), (near, BTreeSet::new()));
            }
            if let Some((_, places)) = self.unwritten.get_mut(id) {
                places.insert(place);
            }
            return;
        }
        let near = self.nearest(&finding.fault, surroundings);
        let message = format!("{} {}: {}", entity.kind().noun(), entity.id(), self.words(&finding.fault));
        match (self.strictness, finding.fault.severity()) {
            (Strictness::Strict, Severity::Error) => {
                // As if the node had refused it.
                let error = Error::new(Kind::Rejected, message).at(place);
                self.problems.push(match near.or_else(|| next_step(&finding.fault)) {
                    Some(hint) => error.with_hint(hint),
                    None => error,
                });
            }
            _ => self.warnings.push(Note::warning(joined(message, near)).at_all([place])),
        }
    }

    fn words(&self, fault: &Fault) -> String {
        match fault {
            Fault::UnknownSystem(_) => format!("{fault} on node {}", self.share.node),
            _ => fault.to_string(),
        }
    }

    fn nearest(&mut self, fault: &Fault, surroundings: &Surroundings<'_>) -> Option<String> {
        self.nearest_left = self.nearest_left.checked_sub(1)?;
        Some(format!("did you mean {:?}?", surroundings.nearest(fault)?))
    }

    fn finish(mut self) -> (Vec<Error>, Vec<Note>) {
        for (id, (near, places)) in self.unwritten {
            let message = format!("no pipe of node {} writes dataset {id:?}", self.share.node);
            self.warnings.push(Note::warning(joined(message, near)).at_all(places));
        }
        (self.problems, self.warnings)
    }
}

fn joined(message: String, near: Option<String>) -> String {
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
