//! Taking what the nodes have back into the files of the configuration: the opposite of splitting and connecting.
//!
//! Pure: from the state of the nodes and the texts of the files to the files that change. Replicas come from templates and are left out.

mod files;
mod outcome;
mod variables;
mod whitelist;

use std::collections::BTreeMap;

use deployer_core::document::{Member, Node, Object, SourceText, Value};
use deployer_core::error::Note;
use deployer_core::model::{Action, Entity, EntityChange, EntityKind, MASTER, NodeName, Origin, normalised};

pub use self::outcome::Download;

use self::files::Files;
use self::outcome::join;
use crate::run::{Configuration, ReadNode, Status};

/// The changes that give the configuration what the nodes have. `texts` are the files of the node folder, and of the template folders.
pub fn download(status: &Status, configuration: &Configuration, texts: BTreeMap<String, String>) -> Download {
    let folder = configuration.folder.trim_matches('/');
    let mut download = Download::default();
    let mut work = Work {
        paths: paths_by_id(&texts, folder),
        files: Files::new(texts),
        folder,
        lists: configuration.whitelist.lists.iter().map(|list| join(folder, list)).collect(),
        is_split: configuration.split,
    };
    let extra: BTreeMap<&str, &NodeName> =
        changes(status, Action::Remove).map(|(read, change)| (change.id.as_str(), &read.plan.node)).collect();
    for read in status.answered() {
        for change in &read.plan.entities {
            work.entity(read, change, status, &extra, &mut download);
        }
    }
    variables::download(status, configuration, &mut work.files, &mut download);
    download.files = work.files.into_changes();
    download.removals.sort();
    download
}

fn changes(status: &Status, action: Action) -> impl Iterator<Item = (&ReadNode, &EntityChange)> {
    let of_node = status.answered().flat_map(|read| read.plan.entities.iter().map(move |it| (read, it)));
    of_node.filter(move |(_, change)| change.action == action)
}

/// The files of the node folder by the ids of their entities.
fn paths_by_id(texts: &BTreeMap<String, String>, folder: &str) -> BTreeMap<String, String> {
    let prefix = join(folder, "");
    let mut paths = BTreeMap::new();
    let below = |path: &str| {
        path.strip_prefix(&prefix).is_some_and(|path| crate::stages::is_configuration(path, &[]))
    };
    for (path, text) in texts.iter().filter(|(path, _)| below(path)) {
        let source = SourceText::new(path.as_str(), text.as_str());
        let Ok(parsed) = source.parse() else { continue };
        for entity in Entity::all_of(parsed.root, &Origin::File(source)).0 {
            paths.entry(entity.id().to_string()).or_insert_with(|| path.clone());
        }
    }
    paths
}

struct Work<'a> {
    files: Files,
    /// The files of the node folder by the ids of their entities.
    paths: BTreeMap<String, String>,
    folder: &'a str,
    /// The whitelists, below the root.
    lists: Vec<String>,
    /// Whether entities are split by their owner.
    is_split: bool,
}

impl Work<'_> {
    fn entity(
        &mut self,
        read: &ReadNode,
        change: &EntityChange,
        status: &Status,
        extra: &BTreeMap<&str, &NodeName>,
        download: &mut Download,
    ) {
        let node = &read.plan.node;
        let name = format!("{} {}", change.kind.noun(), change.id);
        let find = |entities: &[Entity]| entities.iter().find(|entity| **entity.id() == *change.id).cloned();
        let (running, wanted) = (find(&read.observed.entities), find(&read.plan.desired.entities));
        let mut leave_out = |reason: &str| {
            download.notes.push(Note::warning(format!("node {node}: the {name} is left out: {reason}")));
        };
        match wanted.as_ref().map(Entity::origin) {
            Some(Origin::Template { template, .. }) => {
                return leave_out(&format!("it is a replica; change its template {}", template.file()));
            }
            Some(Origin::Connector { template, .. }) => {
                return leave_out(&format!(
                    "it is expanded from the template {} of a connector",
                    template.file()
                ));
            }
            _ => {}
        }
        match (&running, &wanted) {
            (Some(running), Some(wanted)) => {
                let path = self.path_of(wanted, node);
                let value = self.carried(running, Some(wanted), node);
                self.files.put(&path, &change.id, &value);
            }
            (Some(running), None) => {
                let owner = status.wanted.iter().find(|(other, desired)| {
                    other != node && find(&desired.entities).is_some_and(|it| is_of_file(&it))
                });
                if let Some((owner, _)) = owner {
                    let left = changes(status, Action::Add)
                        .any(|(read, it)| read.plan.node == *owner && it.id == change.id);
                    if !left {
                        return leave_out(&format!(
                            "node {owner} has it too, and the configuration gives it to that node"
                        ));
                    }
                }
                let standard = join(self.folder, &running.file_path());
                let path = self.paths.get(&change.id).cloned().unwrap_or(standard);
                let is_known = self.paths.contains_key(&change.id);
                if !is_known && self.files.text(&path).is_some() {
                    return leave_out(&format!("the file {path} has other entities"));
                }
                let value = self.carried(running, None, node);
                self.files.put(&path, &change.id, &value);
                let relative = path.strip_prefix(&join(self.folder, "")).unwrap_or(&path).to_owned();
                whitelist::add(&mut self.files, &self.lists, &relative);
            }
            (None, Some(wanted)) => {
                // An entity that another node has now is moved there, not removed.
                if extra.get(change.id.as_str()).is_some_and(|other| *other != node) {
                    return;
                }
                let path = self.path_of(wanted, node);
                if self.files.take(&path, &change.id) {
                    let relative = path.strip_prefix(&join(self.folder, "")).unwrap_or(&path).to_owned();
                    let others = whitelist::remove(&mut self.files, &self.lists, &relative);
                    download.notes.extend(others);
                }
                download.removals.push(name);
            }
            (None, None) => {}
        }
    }

    /// What a node has, as the configuration writes it: without what the node adds, with what it leaves out, and with its owner. Without
    /// a split, the master has the entities of all owners.
    fn carried(&self, running: &Entity, wanted: Option<&Entity>, node: &NodeName) -> Value {
        let value = normalised(running.value()).into_owned();
        let Value::Object(object) = value else { return value };
        let mut members: Vec<Member> = object.members().to_vec();
        let wanted = wanted.and_then(|wanted| wanted.value().as_object());
        let kept = wanted.map(Object::members).unwrap_or_default().iter();
        let left_out = kept.filter(|member| member.key.starts_with('_') && object.get(&member.key).is_none());
        members.extend(left_out.cloned());
        if self.is_split && running.kind() != EntityKind::Metadata {
            give_to(&mut members, node);
        }
        Value::Object(members.into_iter().collect())
    }

    /// The file of an entity of the configuration. The metadata of an extra node is in its template folder.
    fn path_of(&self, wanted: &Entity, node: &NodeName) -> String {
        let file = wanted.origin().source().file();
        let is_template = !node.is_master() && wanted.kind() == EntityKind::Metadata;
        if is_template { file.to_string() } else { join(self.folder, file) }
    }
}

fn is_of_file(entity: &Entity) -> bool {
    matches!(entity.origin(), Origin::File(_))
}

/// Sets `metadata.node`; the master is the owner of entities without it.
fn give_to(members: &mut Vec<Member>, node: &NodeName) {
    let at = members.iter().position(|member| &*member.key == "metadata");
    let metadata = at.and_then(|at| members[at].node.value.as_object()).cloned().unwrap_or_default();
    let owner = metadata.get("node").and_then(Node::as_str);
    if owner.unwrap_or(MASTER) == node.as_str() {
        return;
    }
    let mut rest: Vec<Member> =
        metadata.members().iter().filter(|member| &*member.key != "node").cloned().collect();
    if !node.is_master() {
        rest.push(Member::new("node", Value::string(node.as_str())));
    }
    let value = Value::Object(rest.into_iter().collect());
    match at {
        Some(at) => members[at] = Member::new("metadata", value),
        None => members.push(Member::new("metadata", value)),
    }
}

#[cfg(test)]
mod tests;
