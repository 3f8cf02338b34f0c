//! The template folder of an extra node.

use std::collections::BTreeMap;

use super::template::{EntityTemplate, TemplateKind};
use deployer_core::model::Entity;

/// The templates of an extra node.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    /// The folder, for messages.
    pub folder: String,
    /// The templates that exist.
    pub files: BTreeMap<TemplateKind, EntityTemplate>,
    /// The generated metadata of the node: the entities of `node-metadata.conf.json`.
    pub metadata: Vec<Entity>,
}

impl Templates {
    /// The file that becomes the extra node's metadata.
    pub const METADATA: &'static str = "node-metadata.conf.json";

    /// The templates of a folder, none read yet.
    pub fn new(folder: impl Into<String>) -> Self {
        Self { folder: folder.into(), ..Self::default() }
    }

    /// The paths that a template folder may contain, in the order of [`TemplateKind::ALL`], the metadata last.
    pub fn paths(&self) -> Vec<String> {
        let folder = self.folder.trim_matches('/');
        let names = TemplateKind::ALL.iter().map(|kind| kind.file_name()).chain([Self::METADATA]);
        names
            .map(|name| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
            .collect()
    }
}
