//! The kind of an entity, by its `type`.

use deployer_core::document::Node;
use deployer_validation::Part;

/// The kind of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntityKind {
    Pipe,
    System,
    Metadata,
    /// A type that the node does not know.
    Unknown,
}

impl EntityKind {
    pub(crate) fn of(entity: &Node) -> Self {
        match entity.get("type").and_then(Node::as_str) {
            Some("pipe") => Self::Pipe,
            Some("metadata") => Self::Metadata,
            Some(kind) if is_system_type(kind) => Self::System,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pipe => "pipe",
            Self::System => "system",
            Self::Metadata => "metadata",
            Self::Unknown => "component",
        }
    }
}

fn is_system_type(kind: &str) -> bool {
    kind.strip_prefix("system:").is_some_and(|name| Part::System.required(name).is_some())
}
