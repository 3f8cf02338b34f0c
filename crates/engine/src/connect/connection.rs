//! Where data crosses between the master and an extra node, replica pipes and systems are made from templates.

use std::collections::HashSet;
use std::sync::Arc;

use super::endpoints::opened_by;
use super::flow::{Flow, LinkRule, Pipe, Reader};
use super::template::{Parents, TemplateKind};
use super::templates::Templates;
use deployer_core::error::{Error, Note};
use deployer_core::model::{Crossing, DatasetReader, Entity, MASTER, NodeName, Origin, Replica, Variables};

/// An extra node before it is connected.
#[derive(Debug)]
pub struct ExtraNode {
    /// Its name.
    pub name: NodeName,
    /// Its own entities, in the order of the configuration.
    pub entities: Vec<Entity>,
    /// A proxy node stands outside: all its pipes except those that read from the master are replicated to the master, and nothing is
    /// generated on the master for data that goes to it.
    pub proxy: bool,
    /// What it is connected with.
    pub templates: Templates,
}

/// The nodes with their replica pipes and systems.
#[derive(Debug, Default)]
pub struct Connected {
    /// The master's entities.
    pub master: Vec<Entity>,
    /// The extra nodes' entities, in the order they were given.
    pub extras: Vec<(NodeName, Vec<Entity>)>,
    /// The data that crosses, in the order of the extra nodes.
    pub crossings: Vec<Arc<Crossing>>,
    /// Templates that cannot be filled in.
    pub problems: Vec<Error>,
    /// Missing templates, unresolved names of datasets, and readers among which one was chosen.
    pub notes: Vec<Note>,
}

/// Connects the nodes. The flow is computed from the configuration alone: generated pipes take no part in it. `variables` are those of
/// the nodes: names of datasets may contain them.
pub fn connect(
    master: Vec<Entity>,
    extras: Vec<ExtraNode>,
    rule: LinkRule,
    variables: &Variables,
) -> Connected {
    let mut connected = Connected::default();
    let mut on_master = Vec::new();
    if !extras.is_empty() {
        let mut master_flow = Flow::of(&master, rule, variables);
        connected.notes.append(&mut master_flow.notes);
        for extra in &extras {
            let mut extra_flow = Flow::of(&extra.entities, rule, variables);
            connected.notes.append(&mut extra_flow.notes);
            let mut connection = Connection {
                extra,
                rule,
                on_master: &mut on_master,
                on_extra: Vec::new(),
                connected: &mut connected,
            };
            connection.extra_to_master(&extra_flow, &master_flow);
            connection.systems_on_extra();
            connection.master_to_extra(&master_flow, &extra_flow);
            connection.systems_on_master();
            let mut on_extra = connection.on_extra;
            let mut entities = extra.entities.clone();
            entities.append(&mut on_extra);
            entities.extend(extra.templates.metadata.iter().cloned());
            connected.extras.push((extra.name.clone(), entities));
        }
    }
    connected.master = master;
    connected.master.append(&mut on_master);
    connected
}

/// The connection of one extra node with the master.
struct Connection<'a> {
    extra: &'a ExtraNode,
    rule: LinkRule,
    on_master: &'a mut Vec<Entity>,
    on_extra: Vec<Entity>,
    connected: &'a mut Connected,
}

/// The node that a template's entities are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Master,
    Extra,
}

impl Connection<'_> {
    fn extra_to_master(&mut self, from: &Flow<'_>, to: &Flow<'_>) {
        let from_master = self.datasets_from_master(to, from);
        for pipe in &from.pipes {
            let crosses = if self.extra.proxy {
                !pipe.inputs.iter().any(|input| from_master.contains(&*input.dataset))
            } else {
                pipe.outputs.iter().any(|output| to.reads(output))
            };
            if crosses {
                let kinds = [
                    (Side::Master, TemplateKind::PipeOnMasterFromExtraToMaster),
                    (Side::Extra, TemplateKind::PipeOnExtraFromExtraToMaster),
                ];
                self.replicate(pipe, to, &kinds, (self.extra.name.clone(), NodeName::master()));
            }
        }
    }

    fn master_to_extra(&mut self, from: &Flow<'_>, to: &Flow<'_>) {
        for pipe in from.pipes.iter().filter(|pipe| pipe.outputs.iter().any(|output| to.reads(output))) {
            let kinds = [
                (Side::Master, TemplateKind::PipeOnMasterFromMasterToExtra),
                (Side::Extra, TemplateKind::PipeOnExtraFromMasterToExtra),
            ];
            let kinds = if self.extra.proxy { &kinds[1..] } else { &kinds };
            self.replicate(pipe, to, kinds, (NodeName::master(), self.extra.name.clone()));
        }
    }

    /// The datasets by which a pipe of a proxy node is known to read from the master. The original takes the *ids* of the master's pipes
    /// that write to the proxy node for the names of their datasets.
    fn datasets_from_master<'f>(&self, master: &'f Flow<'_>, proxy: &'f Flow<'_>) -> HashSet<&'f str> {
        match self.rule {
            LinkRule::Seed => {
                let writes_to_proxy =
                    |pipe: &&Pipe<'_>| pipe.outputs.iter().any(|output| proxy.reads(output));
                master.pipes.iter().filter(writes_to_proxy).map(|pipe| &**pipe.entity.id()).collect()
            }
            LinkRule::Full => {
                let inputs = proxy.pipes.iter().flat_map(|pipe| &pipe.inputs);
                inputs.map(|input| &*input.dataset).filter(|dataset| master.writes(dataset)).collect()
            }
        }
    }

    fn systems_on_extra(&mut self) {
        self.system(Side::Extra, TemplateKind::SystemOnExtraFromExtraToMaster, MASTER);
        self.system(Side::Extra, TemplateKind::SystemOnExtraFromMasterToExtra, MASTER);
    }

    fn systems_on_master(&mut self) {
        if !self.extra.proxy {
            let name = self.extra.name.clone();
            self.system(Side::Master, TemplateKind::SystemOnMasterFromMasterToExtra, name.as_str());
            self.system(Side::Master, TemplateKind::SystemOnMasterFromExtraToMaster, name.as_str());
        }
    }

    /// Makes the replicas of a pipe that crosses `from` one node `to` another.
    fn replicate(
        &mut self,
        pipe: &Pipe<'_>,
        receiver: &Flow<'_>,
        kinds: &[(Side, TemplateKind)],
        (from, to): (NodeName, NodeName),
    ) {
        let readers = readers(pipe, receiver);
        let outbound = self.outbound_parents(pipe, receiver, &readers, &to);
        let parents = Parents { id: pipe.entity.id(), inbound: Some(pipe.entity), outbound: &outbound };
        let mut replicas: Vec<(Side, Entity)> = Vec::new();
        for (side, kind) in kinds {
            replicas.extend(self.fill(*kind, &parents).into_iter().map(|entity| (*side, entity)));
        }
        let nodes = |side| if side == Side::Master { NodeName::master() } else { self.extra.name.clone() };
        let named: Vec<(NodeName, &Entity)> =
            replicas.iter().map(|(side, entity)| (nodes(*side), entity)).collect();
        let mut crossing = Crossing::new(from, to, Arc::clone(pipe.entity.id()));
        crossing.datasets = pipe.outputs.clone();
        crossing.proxy = self.extra.proxy;
        let reads = readers.iter().map(|(dataset, reader)| {
            DatasetReader::new(Arc::clone(reader.entity.id()), Arc::clone(dataset), reader.way)
        });
        crossing.readers = reads.collect();
        crossing.opened_by = opened_by(named.iter().map(|(node, entity)| (node, *entity)));
        crossing.replicas =
            named.into_iter().map(|(node, entity)| Replica::new(node, Arc::clone(entity.id()))).collect();
        let crossing = Arc::new(crossing);
        for (side, entity) in replicas {
            let template = entity.origin().source().clone();
            let origin = Origin::Template { template, crossing: Some(Arc::clone(&crossing)) };
            self.put(side, entity.with_origin(origin));
        }
        self.connected.crossings.push(crossing);
    }

    /// The outbound parents of a pipe. The original finds them by the pipe's id, whatever the name of the dataset that the pipe writes.
    fn outbound_parents<'e>(
        &mut self,
        pipe: &Pipe<'_>,
        receiver: &Flow<'e>,
        readers: &[(&Arc<str>, Reader<'e>)],
        to: &NodeName,
    ) -> Vec<&'e Entity> {
        let outbound: Vec<&Entity> = match self.rule {
            LinkRule::Seed => receiver.readers(pipe.entity.id()).iter().map(|reader| reader.entity).collect(),
            LinkRule::Full => readers.iter().map(|(_, reader)| reader.entity).collect(),
        };
        if let [first, _, ..] = outbound[..]
            && self.uses_the_outbound_parent()
        {
            let names: Vec<&str> = outbound.iter().map(|reader| &**reader.id()).collect();
            let message = format!(
                "several pipes of node {to} read {}: {}; ##OUTBOUND_PARENT_PIPE## is filled in from {}",
                pipe.entity.id(),
                names.join(", "),
                first.id()
            );
            let places = outbound.iter().map(|reader| reader.place());
            self.connected.notes.push(Note::warning(message).at_all(places));
        }
        outbound
    }

    /// Whether a template of the node uses *the* outbound parent.
    fn uses_the_outbound_parent(&self) -> bool {
        let mut templates = self.extra.templates.files.values();
        templates.any(|template| template.source.text().contains("##OUTBOUND_PARENT_PIPE."))
    }

    fn system(&mut self, side: Side, kind: TemplateKind, id: &str) {
        for entity in self.fill(kind, &Parents { id, inbound: None, outbound: &[] }) {
            self.put(side, entity);
        }
    }

    fn put(&mut self, side: Side, entity: Entity) {
        match side {
            Side::Master => self.on_master.push(entity),
            Side::Extra => self.on_extra.push(entity),
        }
    }

    fn fill(&mut self, kind: TemplateKind, parents: &Parents<'_>) -> Vec<Entity> {
        let Some(template) = self.extra.templates.files.get(&kind) else {
            self.missing(kind, parents);
            return Vec::new();
        };
        template.fill(parents).unwrap_or_else(|problem| {
            self.connected.problems.push(problem);
            Vec::new()
        })
    }

    /// A missing template is worth one warning if a pipe needs it. A missing system template is common and fine.
    fn missing(&mut self, kind: TemplateKind, parents: &Parents<'_>) {
        let Some(inbound) = parents.inbound else { return };
        let folder = self.extra.templates.folder.trim_end_matches('/');
        let message = if folder.is_empty() {
            format!(
                "node {} has no template folder: nothing is generated for the pipes that cross between it and the master",
                self.extra.name
            )
        } else {
            let file = kind.file_name();
            format!("no template {folder}/{file}: nothing is generated for the pipes that need it")
        };
        match self.connected.notes.iter_mut().find(|note| note.message == message) {
            // Both templates of one pipe may be missing.
            Some(note) if note.places.last() == Some(&inbound.place()) => {}
            Some(note) => note.places.push(inbound.place()),
            None => self.connected.notes.push(Note::warning(message).at_all([inbound.place()])),
        }
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

#[cfg(test)]
mod tests;
