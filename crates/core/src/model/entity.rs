//! One configuration entity and where it came from.

use std::sync::Arc;

use super::Crossing;
use crate::document::{Node, SourceText, Span, Value};
use crate::error::{Error, Kind, Place, Result};

/// What an entity is, by its `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// `metadata`: the settings of the node itself.
    Metadata,
    /// `system:<kind>`
    System,
    /// `pipe`
    Pipe,
    /// A type this program does not know.
    Other,
}

impl EntityKind {
    /// The word people use: `pipe`, `system`, `metadata`, `entity`.
    pub fn noun(self) -> &'static str {
        match self {
            EntityKind::Metadata => "metadata",
            EntityKind::System => "system",
            EntityKind::Pipe => "pipe",
            EntityKind::Other => "entity",
        }
    }
}

/// Where an entity came from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file of the configuration, or an entry of the list that it holds.
    File(SourceText),
    /// A template, filled in for a pipe whose data crosses to another node, or for a system.
    Template {
        /// The template file.
        template: SourceText,
        /// Why the replica exists. `None` for a system.
        crossing: Option<Arc<Crossing>>,
    },
    /// A connector's template, expanded for one of its datatypes.
    Connector {
        /// The text that the template became; its places are those of the template.
        template: SourceText,
        /// The datatype. `None` for the connector's system and its node metadata.
        datatype: Option<Arc<str>>,
    },
    /// A node or repository that runs it now.
    Observed(SourceText),
    /// A plan or a snapshot.
    Saved {
        /// The file of the plan or snapshot.
        file: SourceText,
        /// Where it came from when the file was made.
        place: Place,
    },
}

impl Origin {
    /// The text its spans point into.
    pub fn source(&self) -> &SourceText {
        match self {
            Origin::File(source)
            | Origin::Observed(source)
            | Origin::Template { template: source, .. }
            | Origin::Connector { template: source, .. }
            | Origin::Saved { file: source, .. } => source,
        }
    }
}

/// A configuration entity: a pipe, a system, or the node's metadata. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Entity {
    id: Arc<str>,
    kind: EntityKind,
    root: Arc<Node>,
    origin: Origin,
}

impl Entity {
    /// Reads an entity from the object it stands for.
    ///
    /// # Errors
    /// `Verification` when it is no object, has no `_id` that is a text, or has an `_id` that could not be a file name: Sesam does
    /// not allow `/`, and this program no control characters, no `\`, and neither `.` nor `..`.
    pub fn new(root: Node, origin: Origin) -> Result<Self> {
        let place = |span: Span| origin.source().place(span.start);
        let Some(object) = root.value.as_object() else {
            return Err(Error::new(
                Kind::Verification,
                format!("an entity must be an object, this is {}", root.value.kind_name()),
            )
            .at(place(root.span))
            .with_hint("a configuration file holds one entity `{\"_id\": …}` or a list of them"));
        };
        let Some(id) = object.get("_id") else {
            return Err(Error::new(Kind::Verification, "the entity has no `_id`")
                .at(place(root.span))
                .with_hint("add `\"_id\": \"name\"`; an `_id` is unique on its node"));
        };
        let Some(text) = id.as_str().filter(|text| !text.is_empty()) else {
            return Err(Error::new(
                Kind::Verification,
                format!("`_id` must be a text that is not empty, this is {}", id.value.kind_name()),
            )
            .at(place(id.span))
            .with_hint("put the name of the entity in double quotes"));
        };
        if text == "." || text == ".." || text.contains(|c: char| c == '/' || c == '\\' || c.is_control()) {
            return Err(Error::new(Kind::Verification, format!("`_id` {text:?} cannot be a file name"))
                .at(place(id.span))
                .with_hint("Sesam allows no `/` in an `_id`; `\\`, control characters, `.` and `..` are refused as well"));
        }
        let id = Arc::from(text);
        let kind = match object.get("type").and_then(Node::as_str) {
            Some("pipe") => EntityKind::Pipe,
            Some("metadata") => EntityKind::Metadata,
            Some(kind) if kind.starts_with("system:") => EntityKind::System,
            _ => EntityKind::Other,
        };
        Ok(Self { id, kind, root: Arc::new(root), origin })
    }

    /// Reads the entities of a document: one object, or a list of them. Good ones are returned beside the problems of the bad ones.
    pub fn all_of(root: Node, origin: &Origin) -> (Vec<Self>, Vec<Error>) {
        let nodes = match root.value {
            Value::Array(items) => items,
            value => vec![Node { value, span: root.span }],
        };
        let mut entities = Vec::with_capacity(nodes.len());
        let mut problems = Vec::new();
        for node in nodes {
            match Self::new(node, origin.clone()) {
                Ok(entity) => entities.push(entity),
                Err(problem) => problems.push(problem),
            }
        }
        (entities, problems)
    }

    /// The `_id`.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// What it is.
    pub fn kind(&self) -> EntityKind {
        self.kind
    }

    /// The whole entity with its spans.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The whole entity as a value.
    pub fn value(&self) -> &Value {
        &self.root.value
    }

    /// The value at a dotted path, such as `metadata.node`.
    pub fn at_path(&self, path: &str) -> Option<&Node> {
        self.root.at_path(path)
    }

    /// The same entity with another origin. The spans must point into the origin's text.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where it starts in its source; of a saved one, where it started when it was saved.
    pub fn place(&self) -> Place {
        match &self.origin {
            Origin::Saved { place, .. } => place.clone(),
            _ => self.place_of(self.root.span),
        }
    }

    /// A place inside it.
    pub fn place_of(&self, span: Span) -> Place {
        self.origin.source().place(span.start)
    }

    /// The place of a member by the path that Sesam's validation uses: `$['source']['type']`. The deepest part that exists counts.
    pub fn place_of_elements(&self, elements: &str) -> Place {
        let mut node = self.root();
        let mut span = node.span;
        for step in elements.trim_start_matches('$').split(['[', ']']).filter(|step| !step.is_empty()) {
            let key = step.trim_matches(|c| c == '\'' || c == '"');
            let next = match &node.value {
                Value::Object(object) => object
                    .members()
                    .iter()
                    .find(|member| &*member.key == key)
                    .map(|member| (&member.node, member.key_span)),
                Value::Array(items) => {
                    key.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item, item.span))
                }
                _ => None,
            };
            let Some((found, at)) = next else { break };
            (node, span) = (found, at);
        }
        self.place_of(span)
    }

    /// The path of its file in a node folder: `pipes/<_id>.conf.json`, `systems/<_id>.conf.json`, `node-metadata.conf.json`.
    pub fn file_path(&self) -> String {
        match self.kind {
            EntityKind::Metadata => "node-metadata.conf.json".to_owned(),
            EntityKind::Pipe => format!("pipes/{}.conf.json", self.id),
            EntityKind::System => format!("systems/{}.conf.json", self.id),
            EntityKind::Other => format!("unknown/{}.conf.json", self.id),
        }
    }

    /// The owner: `metadata.node`, or the master.
    pub fn owner(&self) -> &str {
        self.at_path("metadata.node").and_then(Node::as_str).unwrap_or(super::MASTER)
    }
}
