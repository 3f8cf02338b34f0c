//! The replicas of one pipe whose data crosses between two nodes, and why they exist.

use std::collections::HashSet;
use std::sync::Arc;

use super::endpoints::opened_by;
use super::flow::{Flow, LinkRule, Pipe, Reader};
use super::template::{Parents, TemplateKind};
use super::templates::Templates;
use deployer_core::error::{Error, Note};
use deployer_core::model::{Crossing, DatasetReader, Entity, NodeName, Origin, Replica};

/// The node that a template's entities are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Master,
    Extra,
}

/// How the pipes that cross in one direction between the master and an extra node are replicated.
pub(super) struct Replication<'a> {
    /// The extra node.
    pub(super) extra: &'a NodeName,
    pub(super) templates: &'a Templates,
    pub(super) proxy: bool,
    pub(super) rule: LinkRule,
    /// The flow of the node that reads the data.
    pub(super) receiver: &'a Flow<'a>,
    /// The templates, and the node that each one is for.
    pub(super) kinds: &'a [(Side, TemplateKind)],
    pub(super) from: &'a NodeName,
    pub(super) to: &'a NodeName,
}

/// The replicas of one pipe.
pub(super) struct Replicated {
    pub(super) replicas: Vec<(Side, Entity)>,
    pub(super) crossing: Arc<Crossing>,
    /// A template that cannot be filled in.
    pub(super) problems: Vec<Error>,
    /// The templates that do not exist.
    pub(super) missing: Vec<TemplateKind>,
    /// The readers among which one was chosen.
    pub(super) note: Option<Note>,
}

impl Replication<'_> {
    pub(super) fn replicate(&self, pipe: &Pipe<'_>) -> Replicated {
        let readers = readers(pipe, self.receiver);
        let outbound: Vec<&Entity> = match self.rule {
            // The original finds them by the pipe's id, whatever the name of the dataset that the pipe writes.
            LinkRule::Seed => {
                self.receiver.readers(pipe.entity.id()).iter().map(|reader| reader.entity).collect()
            }
            LinkRule::Full => readers.iter().map(|(_, reader)| reader.entity).collect(),
        };
        let parents = Parents { id: pipe.entity.id(), inbound: Some(pipe.entity), outbound: &outbound };
        let (mut filled, mut problems, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for (side, kind) in self.kinds {
            match self.templates.files.get(kind).map(|template| template.fill(&parents)) {
                Some(Ok(entities)) => filled.extend(entities.into_iter().map(|entity| (*side, entity))),
                Some(Err(problem)) => problems.push(problem),
                None => missing.push(*kind),
            }
        }
        let crossing = Arc::new(self.crossing(pipe, &readers, &filled));
        let replica = |(side, entity): (Side, Entity)| {
            let template = entity.origin().source().clone();
            let origin = Origin::Template { template, crossing: Some(Arc::clone(&crossing)) };
            (side, entity.with_origin(origin))
        };
        let replicas = filled.into_iter().map(replica).collect();
        let note = self.note_of_choice(pipe, &outbound);
        Replicated { replicas, crossing, problems, missing, note }
    }

    /// Why the replicas of a pipe exist.
    fn crossing(
        &self,
        pipe: &Pipe<'_>,
        readers: &[(&Arc<str>, Reader<'_>)],
        replicas: &[(Side, Entity)],
    ) -> Crossing {
        let node = |side| if side == Side::Master { NodeName::master() } else { self.extra.clone() };
        let named: Vec<(NodeName, &Entity)> =
            replicas.iter().map(|(side, entity)| (node(*side), entity)).collect();
        let mut crossing = Crossing::new(self.from.clone(), self.to.clone(), Arc::clone(pipe.entity.id()));
        crossing.datasets = pipe.outputs.clone();
        crossing.proxy = self.proxy;
        let reads = readers.iter().map(|(dataset, reader)| {
            DatasetReader::new(Arc::clone(reader.entity.id()), Arc::clone(dataset), reader.way)
        });
        crossing.readers = reads.collect();
        crossing.opened_by = opened_by(named.iter().map(|(node, entity)| (node, *entity)));
        crossing.replicas =
            named.into_iter().map(|(node, entity)| Replica::new(node, Arc::clone(entity.id()))).collect();
        crossing
    }

    /// A warning if the outbound parent that a template uses is one of several.
    fn note_of_choice(&self, pipe: &Pipe<'_>, outbound: &[&Entity]) -> Option<Note> {
        let [first, _, ..] = outbound else { return None };
        self.uses_the_outbound_parent().then(|| {
            let names: Vec<&str> = outbound.iter().map(|reader| &**reader.id()).collect();
            let message = format!(
                "several pipes of node {} read {}: {}; ##OUTBOUND_PARENT_PIPE## is filled in from {}",
                self.to,
                pipe.entity.id(),
                names.join(", "),
                first.id()
            );
            Note::warning(message).at_all(outbound.iter().map(|reader| reader.place()))
        })
    }

    /// Whether a template of the node uses *the* outbound parent.
    fn uses_the_outbound_parent(&self) -> bool {
        let mut templates = self.templates.files.values();
        templates.any(|template| template.source.text().contains("##OUTBOUND_PARENT_PIPE."))
    }
}

/// The pipes that read what a pipe writes, each once with the first dataset and way.
fn readers<'p, 'e>(pipe: &'p Pipe<'_>, receiver: &Flow<'e>) -> Vec<(&'p Arc<str>, Reader<'e>)> {
    let read = |output: &'p Arc<str>| receiver.readers(output).iter().map(move |reader| (output, *reader));
    let mut readers: Vec<(&Arc<str>, Reader<'_>)> = pipe.outputs.iter().flat_map(read).collect();
    let mut seen = HashSet::new();
    readers.retain(|(_, reader)| seen.insert(Arc::clone(reader.entity.id())));
    readers
}
