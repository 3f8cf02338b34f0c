//! The kinds of entities, sources, sinks and transforms a node knows, and the properties they require, from Sesam's
//! documentation. Property checks are kept to those every version of a node makes.

use serde_json::Value;

/// The type of an entity, by its `type` property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntityKind {
    Pipe,
    System,
    Metadata,
    /// A type the node does not know.
    Unknown,
}

impl EntityKind {
    pub(crate) fn of(entity: &Value) -> Self {
        match entity.get("type").and_then(Value::as_str) {
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
    kind.strip_prefix("system:").is_some_and(|name| SYSTEMS.iter().any(|(known, _)| *known == name))
}

/// The JSON shape of a required property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    List,
    TextList,
    Object,
}

impl Shape {
    /// The words of a message: "is not ...".
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::List => "a list",
            Self::TextList => "a list of strings",
            Self::Object => "an object",
        }
    }
}

/// A kind with the properties it requires.
pub(crate) type Kind = (&'static str, &'static [(&'static str, Shape)]);

const SYSTEM: &[(&str, Shape)] = &[("system", Shape::Text)];
const DATASETS: &[(&str, Shape)] = &[("datasets", Shape::TextList)];
const ALTERNATIVES: &[(&str, Shape)] = &[("alternatives", Shape::Object), ("condition", Shape::Text)];

/// Kinds of systems, without the prefix `system:`.
pub(crate) const SYSTEMS: &[Kind] = &[
    ("elasticsearch", &[]),
    ("kafka", &[]),
    ("ldap", &[]),
    ("microservice", &[("docker", Shape::Object)]),
    ("mssql", &[]),
    ("mssql-azure-dw", &[]),
    ("mysql", &[]),
    ("oracle", &[]),
    ("oracle_tns", &[]),
    ("postgresql", &[]),
    ("rest", &[]),
    ("sesam-node", &[]),
    ("smtp", &[]),
    ("solr", &[]),
    ("sqlite", &[]),
    ("sqlserver", &[]),
    ("twilio", &[]),
    ("url", &[]),
];

/// Types of sources.
pub(crate) const SOURCES: &[Kind] = &[
    ("@function", &[]),
    ("@json_nodeconfig", &[]),
    ("@pipe_entities", &[]),
    ("binary", SYSTEM),
    ("conditional", ALTERNATIVES),
    ("csv", SYSTEM),
    ("dataset", &[("dataset", Shape::Text)]),
    ("diff_datasets", DATASETS),
    ("embedded", &[("entities", Shape::List)]),
    ("empty", &[]),
    ("fake", &[]),
    ("http_endpoint", &[]),
    ("json", SYSTEM),
    ("kafka", SYSTEM),
    ("ldap", SYSTEM),
    ("merge", DATASETS),
    ("merge_datasets", DATASETS),
    ("metrics", &[]),
    ("rdf", SYSTEM),
    ("rest", SYSTEM),
    ("sdshare", SYSTEM),
    ("sparql", SYSTEM),
    ("sql", SYSTEM),
    ("union_datasets", DATASETS),
];

/// Types of sinks.
pub(crate) const SINKS: &[Kind] = &[
    ("conditional", ALTERNATIVES),
    ("csv_endpoint", &[]),
    ("dataset", &[]),
    ("elasticsearch", SYSTEM),
    ("excel_endpoint", &[]),
    ("http_endpoint", &[]),
    ("json", SYSTEM),
    ("kafka", SYSTEM),
    ("mail", SYSTEM),
    ("null", &[]),
    ("replicated_dataset", &[("dataset", Shape::Text)]),
    ("rest", SYSTEM),
    ("sdshare", SYSTEM),
    ("sms", SYSTEM),
    ("solr", SYSTEM),
    ("sparql", SYSTEM),
    ("sql", SYSTEM),
    ("xml_endpoint", &[]),
];

/// Types of transforms.
pub(crate) const TRANSFORMS: &[Kind] = &[
    ("conditional", ALTERNATIVES),
    ("dtl", &[("rules", Shape::Object)]),
    ("emit_children", &[]),
    ("http", SYSTEM),
    ("json_schema", &[]),
    ("lower_keys", &[]),
    ("properties_to_curies", &[]),
    ("rdf", &[]),
    ("rest", SYSTEM),
    ("template", &[]),
    ("undirected_graph", &[]),
    ("upper_keys", &[]),
    ("uris_to_curies", &[]),
    ("xml", &[]),
];

/// The names of kinds, for messages and schemas.
pub(crate) fn names(kinds: &[Kind]) -> Vec<&'static str> {
    kinds.iter().map(|(name, _)| *name).collect()
}

/// Every allowed `type` of an entity.
pub(crate) fn entity_types() -> Vec<String> {
    let systems = SYSTEMS.iter().map(|(name, _)| format!("system:{name}"));
    ["metadata".to_owned(), "pipe".to_owned()].into_iter().chain(systems).collect()
}
