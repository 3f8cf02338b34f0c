//! A configuration on disk, run through the pure stages the way a deployment does it.

use std::fs;
use std::path::{Path, PathBuf};

use deployer_core::document::SourceText;
use deployer_core::model::{Entity, NodeName, Origin, Variables};
use deployer_engine::connect::{
    Connected, EntityTemplate, ExtraNode, LinkRule, TemplateKind, Templates, connect,
};
use deployer_engine::stages::{
    Protection, Share, Strictness, read_entities, split, unique, validate, whitelist,
};

/// An extra node as the settings name it.
#[derive(Debug)]
pub(crate) struct Extra {
    pub(crate) name: String,
    pub(crate) templates: String,
    pub(crate) proxy: bool,
}

/// A root that holds `node/` and `extra_nodes/`.
#[derive(Debug)]
pub(crate) struct Configuration(pub(crate) PathBuf);

impl Configuration {
    /// The text of a file of the root.
    pub(crate) fn text(&self, path: &str) -> SourceText {
        let bytes = fs::read(self.0.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        SourceText::from_bytes(path, bytes).expect("UTF-8")
    }

    /// The variables of a file below `node/`.
    pub(crate) fn variables(&self, path: &str) -> Variables {
        let source = self.text(&format!("node/{path}"));
        Variables::from_document(&source.parse().expect("JSON").root, &source).expect("an object")
    }

    /// The whitelisted entities in their order.
    pub(crate) fn entities(&self, list: &str) -> Vec<Entity> {
        let listed = whitelist(&self.text(&format!("node/deployment/{list}"))).expect("paths below node/");
        let texts: Vec<SourceText> =
            listed.iter().map(|listed| self.text(&format!("node/{}", listed.path))).collect();
        let read = read_entities(&texts, Strictness::Strict);
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        read.entities
    }

    /// The nodes of an environment, split, connected, and each `_id` once.
    pub(crate) fn connected(&self, list: &str, extras: &[Extra], rule: LinkRule) -> Connected {
        let names = extras.iter().map(|extra| NodeName::from(extra.name.as_str()));
        let names: Vec<NodeName> = [NodeName::master()].into_iter().chain(names).collect();
        let mut shares = split(self.entities(list), &names).nodes.into_iter().map(|(_, entities)| entities);
        let master = shares.next().unwrap_or_default();
        let extras =
            extras.iter().zip(names.into_iter().skip(1)).zip(shares).map(|((extra, name), entities)| {
                ExtraNode { name, entities, proxy: extra.proxy, templates: self.templates(&extra.templates) }
            });
        let mut connected = connect(master, extras.collect(), rule, &Variables::default());
        once(&NodeName::master(), &mut connected.master);
        connected.extras.iter_mut().for_each(|(name, entities)| once(name, entities));
        connected
    }

    /// Asserts that the checks find nothing wrong on any node.
    pub(crate) fn assert_valid(&self, connected: &Connected, variables: &Variables) {
        let master = NodeName::master();
        let nodes = connected.extras.iter().map(|(name, entities)| (name, entities));
        for (node, entities) in std::iter::once((&master, &connected.master)).chain(nodes) {
            let protected = Protection::default();
            let share = Share { node, entities, variables, is_complete: true, protected: &protected };
            let (problems, _) = validate(&share, Strictness::Strict);
            assert!(problems.is_empty(), "{node} of {}: {problems:?}", self.0.display());
        }
    }

    fn templates(&self, folder: &str) -> Templates {
        let mut templates = Templates::new(folder);
        let folder = self.0.join(folder);
        for kind in TemplateKind::ALL {
            if let Some((source, root)) = parsed(&folder, kind.file_name()) {
                templates.files.insert(kind, EntityTemplate { source, root });
            }
        }
        if let Some((source, root)) = parsed(&folder, Templates::METADATA) {
            let (entities, problems) = Entity::all_of(root, &Origin::File(source));
            assert!(problems.is_empty(), "{problems:?}");
            templates.metadata = entities;
        }
        templates
    }
}

fn parsed(folder: &Path, name: &str) -> Option<(SourceText, deployer_core::document::Node)> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let source = SourceText::from_bytes(name, bytes).expect("UTF-8");
    let root = source.parse().expect("JSON").root;
    Some((source, root))
}

fn once(node: &NodeName, entities: &mut Vec<Entity>) {
    let (kept, problems, _) = unique(node, std::mem::take(entities));
    assert!(problems.is_empty(), "{problems:?}");
    *entities = kept;
}
