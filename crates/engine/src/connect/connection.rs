//! Where data crosses between the master and an extra node, replica pipes and systems are made from templates.

use std::collections::HashSet;
use std::sync::Arc;

use super::flow::{Flow, LinkRule, Pipe};
use super::replication::{Replicated, Replication, Side};
use super::template::{Parents, TemplateKind};
use super::templates::Templates;
use crate::shares::in_shares;
use deployer_core::error::{Error, Note};
use deployer_core::model::{Crossing, Entity, MASTER, NodeName, Variables};

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
        for extra in extras {
            let mut extra_flow = Flow::of(&extra.entities, rule, variables);
            connected.notes.append(&mut extra_flow.notes);
            let mut connection = Connection {
                extra: &extra,
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
            let ExtraNode { name, mut entities, mut templates, .. } = extra;
            entities.append(&mut on_extra);
            entities.append(&mut templates.metadata);
            connected.extras.push((name, entities));
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

impl Connection<'_> {
    fn extra_to_master(&mut self, from: &Flow<'_>, to: &Flow<'_>) {
        let from_master = self.datasets_from_master(to, from);
        let crosses = |pipe: &&Pipe<'_>| {
            if self.extra.proxy {
                !pipe.inputs.iter().any(|input| from_master.contains(&*input.dataset))
            } else {
                pipe.outputs.iter().any(|output| to.reads(output))
            }
        };
        let pipes: Vec<&Pipe<'_>> = from.pipes.iter().filter(crosses).collect();
        let kinds = [
            (Side::Master, TemplateKind::PipeOnMasterFromExtraToMaster),
            (Side::Extra, TemplateKind::PipeOnExtraFromExtraToMaster),
        ];
        self.replicate(&pipes, to, &kinds, (&self.extra.name, &NodeName::master()));
    }

    fn master_to_extra(&mut self, from: &Flow<'_>, to: &Flow<'_>) {
        let crosses = |pipe: &&Pipe<'_>| pipe.outputs.iter().any(|output| to.reads(output));
        let pipes: Vec<&Pipe<'_>> = from.pipes.iter().filter(crosses).collect();
        let kinds = [
            (Side::Master, TemplateKind::PipeOnMasterFromMasterToExtra),
            (Side::Extra, TemplateKind::PipeOnExtraFromMasterToExtra),
        ];
        let kinds = if self.extra.proxy { &kinds[1..] } else { &kinds };
        self.replicate(&pipes, to, kinds, (&NodeName::master(), &self.extra.name));
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

    /// Makes the replicas of the pipes that cross `from` one node `to` another.
    fn replicate(
        &mut self,
        pipes: &[&Pipe<'_>],
        receiver: &Flow<'_>,
        kinds: &[(Side, TemplateKind)],
        (from, to): (&NodeName, &NodeName),
    ) {
        let ExtraNode { name, templates, proxy, .. } = self.extra;
        let replication =
            Replication { extra: name, templates, proxy: *proxy, rule: self.rule, receiver, kinds, from, to };
        let shares = in_shares(pipes, |pipes| {
            pipes.iter().map(|pipe| replication.replicate(pipe)).collect::<Vec<Replicated>>()
        });
        for (pipe, replicated) in pipes.iter().zip(shares.into_iter().flatten()) {
            self.connected.notes.extend(replicated.note);
            for kind in replicated.missing {
                self.missing(kind, pipe.entity);
            }
            self.connected.problems.extend(replicated.problems);
            for (side, entity) in replicated.replicas {
                self.put(side, entity);
            }
            self.connected.crossings.push(replicated.crossing);
        }
    }

    fn system(&mut self, side: Side, kind: TemplateKind, id: &str) {
        let Some(template) = self.extra.templates.files.get(&kind) else { return };
        match template.fill(&Parents { id, inbound: None, outbound: &[] }) {
            Ok(systems) => systems.into_iter().for_each(|entity| self.put(side, entity)),
            Err(problem) => self.connected.problems.push(problem),
        }
    }

    fn put(&mut self, side: Side, entity: Entity) {
        match side {
            Side::Master => self.on_master.push(entity),
            Side::Extra => self.on_extra.push(entity),
        }
    }

    /// A missing template is worth one warning if a pipe needs it. A missing system template is common and fine.
    fn missing(&mut self, kind: TemplateKind, inbound: &Entity) {
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

#[cfg(test)]
mod tests;
