//! Connecting nodes: where data crosses between master and an extra node, replica pipes and systems are made from templates.

mod flow;
mod template;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use flow::LinkRule;
pub use template::{Parents, Template, TemplateKind};

use deployer_core::error::{Error, Note, Place};
use deployer_core::model::{Entity, MASTER, NodeName};
use flow::{Flow, Pipe, Reader};

/// The templates of an extra node.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    /// The folder, for messages.
    pub folder: String,
    /// The templates that exist.
    pub files: BTreeMap<TemplateKind, Template>,
    /// The generated metadata of the node: the entities of `node-metadata.conf.json`.
    pub metadata: Vec<Entity>,
}

/// An extra node before it is connected.
#[derive(Debug)]
pub struct ExtraNode {
    /// Its name.
    pub name: NodeName,
    /// Its own entities, in the order of the configuration.
    pub entities: Vec<Entity>,
    /// A proxy node stands outside: all its pipes but those that read from master are replicated to master, and nothing is
    /// generated on master for data that goes to it.
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
    /// Templates that cannot be filled in.
    pub problems: Vec<Error>,
    /// Missing templates, and readers among which one was chosen.
    pub notes: Vec<Note>,
}

/// Connects the nodes. The flow is computed from the configuration alone: generated pipes take no part in it.
pub fn connect(master: Vec<Entity>, extras: Vec<ExtraNode>, rule: LinkRule) -> Connected {
    let mut connected = Connected::default();
    let mut on_master = Vec::new();
    {
        let master_flow = Flow::of(&master, rule);
        for extra in &extras {
            let extra_flow = Flow::of(&extra.entities, rule);
            let mut room = Room {
                extra,
                rule,
                on_master: &mut on_master,
                on_extra: Vec::new(),
                connected: &mut connected,
            };
            room.extra_to_master(&extra_flow, &master_flow);
            room.systems_on_extra();
            room.master_to_extra(&master_flow, &extra_flow);
            room.systems_on_master();
            let on_extra = std::mem::take(&mut room.on_extra);
            let mut entities = extra.entities.clone();
            entities.extend(on_extra);
            entities.extend(extra.templates.metadata.iter().cloned());
            connected.extras.push((extra.name.clone(), entities));
        }
    }
    connected.master = master;
    connected.master.append(&mut on_master);
    connected
}

/// The work on one extra node.
struct Room<'a> {
    extra: &'a ExtraNode,
    rule: LinkRule,
    on_master: &'a mut Vec<Entity>,
    on_extra: Vec<Entity>,
    connected: &'a mut Connected,
}

/// How a pipe crosses to another node.
struct Link<'e> {
    /// The pipes that read it there, in the order of the configuration.
    outbound: Vec<&'e Entity>,
    /// In words.
    reason: String,
}

/// On which node a template's entities are put.
#[derive(Clone, Copy)]
enum Side {
    Master,
    Extra,
}

impl Room<'_> {
    fn extra_to_master(&mut self, from: &Flow<'_>, to: &Flow<'_>) {
        for pipe in &from.pipes {
            let crosses = if self.extra.proxy {
                !pipe.inputs.iter().any(|input| to.writes(input.dataset))
            } else {
                pipe.outputs.iter().any(|output| to.reads(output))
            };
            if crosses {
                let link = self.link(pipe, to, MASTER);
                self.pipe(Side::Master, TemplateKind::PipeOnMasterFromExtraToMaster, pipe.entity, &link);
                self.pipe(Side::Extra, TemplateKind::PipeOnExtraFromExtraToMaster, pipe.entity, &link);
            }
        }
    }

    fn master_to_extra(&mut self, from: &Flow<'_>, to: &Flow<'_>) {
        let name = self.extra.name.clone();
        for pipe in from.pipes.iter().filter(|pipe| pipe.outputs.iter().any(|output| to.reads(output))) {
            let link = self.link(pipe, to, name.as_str());
            if !self.extra.proxy {
                self.pipe(Side::Master, TemplateKind::PipeOnMasterFromMasterToExtra, pipe.entity, &link);
            }
            self.pipe(Side::Extra, TemplateKind::PipeOnExtraFromMasterToExtra, pipe.entity, &link);
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

    /// Who reads a pipe on the other node, and why its replicas exist. The original finds the outbound parents by the pipe's id, whatever
    /// the name of the dataset that it writes.
    fn link<'e>(&mut self, pipe: &Pipe<'_>, to: &Flow<'e>, other: &str) -> Link<'e> {
        let readers_of = |dataset: &str| to.readers(dataset).iter().copied();
        let mut readers: Vec<(&str, Reader<'e>)> = pipe
            .outputs
            .iter()
            .flat_map(|output| readers_of(output).map(move |reader| (*output, reader)))
            .collect();
        let mut seen = std::collections::HashSet::new();
        readers.retain(|(_, reader)| seen.insert(Arc::clone(reader.entity.id())));
        let reasons = readers
            .iter()
            .map(|(dataset, reader)| format!("{} reads {dataset}{}", reader.entity.id(), reader.way.words()));
        let reason = match reasons.collect::<Vec<_>>().join("; ") {
            none if none.is_empty() => format!("{} is a proxy node", self.extra.name),
            reasons => reasons,
        };
        let outbound: Vec<&Entity> = match self.rule {
            LinkRule::Seed => readers_of(pipe.entity.id()).map(|reader| reader.entity).collect(),
            LinkRule::Full => readers.iter().map(|(_, reader)| reader.entity).collect(),
        };
        if let [first, _, ..] = outbound[..]
            && self.asks_for_outbound()
        {
            let names: Vec<&str> = outbound.iter().map(|reader| &**reader.id()).collect();
            let message = format!(
                "pipe {:?} is read by several pipes of node {other}: {}; {:?} was taken as the outbound parent",
                pipe.entity.id(),
                names.join(", "),
                first.id()
            );
            self.connected
                .notes
                .push(Note::warning(message).at_all(outbound.iter().map(|reader| reader.place())));
        }
        Link { outbound, reason }
    }

    /// Whether any template of the node uses *the* outbound parent.
    fn asks_for_outbound(&self) -> bool {
        self.extra
            .templates
            .files
            .values()
            .any(|template| template.source.text().contains("##OUTBOUND_PARENT_PIPE."))
    }

    fn pipe(&mut self, side: Side, kind: TemplateKind, inbound: &Entity, link: &Link<'_>) {
        let parents = Parents {
            id: inbound.id(),
            inbound: Some(inbound),
            outbound: &link.outbound,
            reason: Some(&link.reason),
        };
        self.fill(side, kind, &parents);
    }

    fn system(&mut self, side: Side, kind: TemplateKind, id: &str) {
        self.fill(side, kind, &Parents { id, inbound: None, outbound: &[], reason: None });
    }

    fn fill(&mut self, side: Side, kind: TemplateKind, parents: &Parents<'_>) {
        let Some(template) = self.extra.templates.files.get(&kind) else {
            self.missing(kind, parents);
            return;
        };
        match template.fill(parents) {
            Ok(entities) => match side {
                Side::Master => self.on_master.extend(entities),
                Side::Extra => self.on_extra.extend(entities),
            },
            Err(problem) => self.connected.problems.push(problem),
        }
    }

    /// A missing template is worth one warning where a pipe needs it. That a system template is missing is common and fine.
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
            // The templates of one pipe are asked for one after the other.
            Some(note) if note.places.last() == Some(&inbound.place()) => {}
            Some(note) => note.places.push(inbound.place()),
            None => self.connected.notes.push(Note::warning(message).at_all([inbound.place()])),
        }
    }
}

impl Templates {
    /// Sorts the files of a template folder: the eight templates, and the metadata of the node.
    pub fn new(folder: impl Into<String>) -> Self {
        Self { folder: folder.into(), ..Self::default() }
    }

    /// The paths that a template folder may hold, in the order of [`TemplateKind::ALL`], the metadata last.
    pub fn paths(&self) -> Vec<String> {
        let folder = self.folder.trim_matches('/');
        let names = TemplateKind::ALL.iter().map(|kind| kind.file_name()).chain([Self::METADATA]);
        names
            .map(|name| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
            .collect()
    }

    /// The file that becomes the extra node's metadata.
    pub const METADATA: &'static str = "node-metadata.conf.json";

    /// Where the folder is, for messages.
    pub fn place(&self) -> Place {
        Place::file(self.folder.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities};
    use deployer_core::document::SourceText;
    use deployer_core::format;
    use deployer_core::model::Origin;

    fn entities(text: &str) -> Vec<Entity> {
        read_entities(&[SourceText::new("c.json", text)], Strictness::Strict).entities
    }

    fn connected(master: &str, extra: &str, rule: LinkRule) -> Connected {
        let mut templates = Templates::new("extra_nodes/x");
        let text = r###"{"_id": "##REPLACE_ID##-in", "readers": "##OUTBOUND_PARENT_PIPES##"}"###;
        let source = SourceText::new("t.json", text);
        let root = source.parse().unwrap().root;
        templates.files.insert(TemplateKind::PipeOnMasterFromExtraToMaster, Template { source, root });
        let extra = ExtraNode { name: "x".into(), entities: entities(extra), proxy: false, templates };
        connect(entities(master), vec![extra], rule)
    }

    const EXTRA: &str = r#"[{"_id": "p", "type": "pipe", "source": {"type": "embedded"}}]"#;
    const MASTER: &str = r#"[
        {"_id": "b", "source": {"type": "embedded"}, "transform": {"type": "dtl", "rules": {"default": [
            ["add", "x", ["hops", {"datasets": ["p q"], "where": []}]]]}}},
        {"_id": "a", "source": {"type": "union_datasets", "datasets": ["p"]}}]"#;

    #[test]
    fn the_full_rule_sees_every_reader_and_says_why_a_replica_exists() {
        let connected = connected(MASTER, EXTRA, LinkRule::Full);
        let replica = connected.master.last().unwrap();
        assert_eq!(format::compact(replica.value()), r#"{"_id":"p-in","readers":["a","b"]}"#);
        let Origin::Template { reason, .. } = replica.origin() else { panic!("{replica:?}") };
        assert_eq!(reason.as_deref(), Some("b reads p in a hop; a reads p"));
    }

    #[test]
    fn the_reason_names_the_dataset_that_is_read() {
        let extra = r#"[{"_id": "p", "type": "pipe", "source": {"type": "embedded"}, "pump": {"dead_letter_dataset": "dead"},
            "sink": {"type": "dataset", "dataset": "d"}}]"#;
        let master = r#"[{"_id": "m", "source": {"type": "dataset", "dataset": "dead"}}]"#;
        let connected = connected(master, extra, LinkRule::Full);
        let Origin::Template { reason, .. } = connected.master[1].origin() else { panic!("{connected:?}") };
        assert_eq!(reason.as_deref(), Some("m reads dead"));
    }

    #[test]
    fn a_sink_that_writes_no_dataset_has_no_reader() {
        let extra =
            r#"[{"_id": "p", "type": "pipe", "source": {"type": "embedded"}, "sink": {"type": "json"}}]"#;
        assert_eq!(connected(MASTER, extra, LinkRule::Full).master.len(), 2);
        assert_eq!(
            connected(MASTER.replace("union_datasets", "merge").as_str(), extra, LinkRule::Seed).master.len(),
            3
        );
    }

    #[test]
    fn the_original_sees_neither_hops_nor_unions() {
        assert_eq!(connected(MASTER, EXTRA, LinkRule::Seed).master.len(), 2);
    }
}
