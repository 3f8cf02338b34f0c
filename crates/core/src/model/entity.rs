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
    /// Reads an entity of a configuration.
    ///
    /// # Errors
    /// `Verification` when it is no object, has no `_id` that is a text, or has an `_id` that could not be a file name: Sesam does
    /// not allow `/`, and this program no control characters, no `\`, and neither `.` nor `..`.
    pub fn new(root: Node, origin: Origin) -> Result<Self> {
        let id = id_of(&root, &origin)?;
        Ok(Self::with_id(id, root, origin))
    }

    /// Reads an entity that runs on a node or did so when a snapshot was made. What runs is never left out: an `_id` that no
    /// configuration could have is kept as it is, and an entity without an `_id` is named after its position. The problem with the
    /// `_id` is returned beside the entity.
    ///
    /// # Errors
    /// `Verification` when it is no object.
    pub fn running(root: Node, origin: Origin, position: usize) -> Result<(Self, Option<Error>)> {
        let problem = match id_of(&root, &origin) {
            Ok(id) => return Ok((Self::with_id(id, root, origin), None)),
            Err(problem) => problem,
        };
        let Some(object) = root.value.as_object() else { return Err(problem) };
        let id = match object.get("_id").and_then(Node::as_str) {
            Some(id) if !id.is_empty() => Arc::from(id),
            _ => format!("(no _id, number {})", position + 1).into(),
        };
        Ok((Self::with_id(id, root, origin), Some(problem)))
    }

    fn with_id(id: Arc<str>, root: Node, origin: Origin) -> Self {
        let kind = match root.get("type").and_then(Node::as_str) {
            Some("pipe") => EntityKind::Pipe,
            Some("metadata") => EntityKind::Metadata,
            Some(kind) if kind.starts_with("system:") => EntityKind::System,
            _ => EntityKind::Other,
        };
        Self { id, kind, root: Arc::new(root), origin }
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

    /// The path of its file in a node folder: `pipes/<_id>.conf.json`, `systems/<_id>.conf.json`, `node-metadata.conf.json`. The
    /// characters of a running entity's `_id` that no file name can have are percent-encoded, so the path never leaves the folder.
    pub fn file_path(&self) -> String {
        let folder = match self.kind {
            EntityKind::Metadata => return "node-metadata.conf.json".to_owned(),
            EntityKind::Pipe => "pipes",
            EntityKind::System => "systems",
            EntityKind::Other => "unknown",
        };
        let mut path = format!("{folder}/");
        for character in self.id.chars() {
            if is_unfit(character) || is_dots(&self.id) {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    path += &format!("%{byte:02X}");
                }
            } else {
                path.push(character);
            }
        }
        path + ".conf.json"
    }

    /// The owner: `metadata.node`, or the master.
    pub fn owner(&self) -> &str {
        self.at_path("metadata.node").and_then(Node::as_str).unwrap_or(super::MASTER)
    }
}

/// The `_id` of an entity of a configuration.
fn id_of(root: &Node, origin: &Origin) -> Result<Arc<str>> {
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
    if is_dots(text) || text.contains(is_unfit) {
        return Err(Error::new(Kind::Verification, format!("`_id` {text:?} cannot be a file name"))
            .at(place(id.span))
            .with_hint(
                "Sesam allows no `/` in an `_id`; `\\`, control characters, `.` and `..` are refused as well",
            ));
    }
    Ok(Arc::from(text))
}

/// Whether no file name can have a character.
fn is_unfit(character: char) -> bool {
    matches!(character, '/' | '\\') || character.is_control()
}

/// Whether a name leads to a folder instead of a file.
fn is_dots(name: &str) -> bool {
    matches!(name, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_read_whatever_its_id_is_and_its_path_stays_in_the_folder() {
        let running = |text: &str| {
            let source = SourceText::new("node", text);
            let root = source.parse().expect("the test writes valid JSON").root;
            Entity::running(root, Origin::Observed(source), 2)
        };
        for (text, id, path) in [
            (r#"{"_id": "a", "type": "pipe"}"#, "a", "pipes/a.conf.json"),
            (r#"{"_id": "a/../b", "type": "pipe"}"#, "a/../b", "pipes/a%2F..%2Fb.conf.json"),
            (r#"{"_id": "..", "type": "system:url"}"#, "..", "systems/%2E%2E.conf.json"),
            (r#"{"_id": "a\\b\n"}"#, "a\\b\n", "unknown/a%5Cb%0A.conf.json"),
            (r#"{"type": "pipe"}"#, "(no _id, number 3)", "pipes/(no _id, number 3).conf.json"),
            (r#"{"_id": 7}"#, "(no _id, number 3)", "unknown/(no _id, number 3).conf.json"),
        ] {
            let (entity, problem) = running(text).expect("an object");
            assert_eq!((&**entity.id(), entity.file_path().as_str()), (id, path));
            assert_eq!(problem.is_some(), id != "a", "{text}");
        }
        assert!(running("[]").is_err());
    }
}
