//! The types of entities, systems, sources, sinks and transforms, and the properties that each type requires.
//!
//! The tables follow Sesam's documentation. They list only the requirements that every version of a node has.

/// The internal system of datasets.
pub const INTERNAL_SYSTEM: &str = "system:sesam-node";

/// A part of a configuration that has a `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// An entity.
    Entity,
    /// A system. Its types are listed without the prefix `system:`.
    System,
    /// The source of a pipe.
    Source,
    /// The sink of a pipe.
    Sink,
    /// A transform of a pipe.
    Transform,
}

/// The JSON type of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// A number, or a string that is a number.
    Number,
    /// A list.
    List,
    /// A list of strings.
    TextList,
    /// An object.
    Object,
}

/// A property and its JSON type.
pub type Property = (&'static str, Shape);

/// A type and the properties that it requires.
pub type ComponentType = (&'static str, &'static [Property]);

const SYSTEM: &[Property] = &[("system", Shape::Text)];
const DATASETS: &[Property] = &[("datasets", Shape::TextList)];
const ALTERNATIVES: &[Property] = &[("alternatives", Shape::Object), ("condition", Shape::Text)];

const ENTITIES: &[ComponentType] = &[("metadata", &[]), ("pipe", &[])];

const SYSTEMS: &[ComponentType] = &[
    ("elasticsearch", &[]),
    ("kafka", &[]),
    ("ldap", &[]),
    ("microservice", &[("docker", Shape::Object)]),
    ("mssql", &[]),
    ("mssql-azure-dw", &[]),
    ("mysql", &[]),
    ("null", &[]),
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

const SOURCES: &[ComponentType] = &[
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
    ("sesam", &[]),
    ("sparql", SYSTEM),
    ("sql", SYSTEM),
    ("union_datasets", DATASETS),
];

const SINKS: &[ComponentType] = &[
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
    ("sesam", &[]),
    ("sms", SYSTEM),
    ("solr", SYSTEM),
    ("sparql", SYSTEM),
    ("sql", SYSTEM),
    ("xml_endpoint", &[]),
];

const TRANSFORMS: &[ComponentType] = &[
    ("chained", &[("transforms", Shape::List)]),
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

/// Optional properties of every pipe.
pub(crate) const PIPE: &[Property] = &[
    ("batch_size", Shape::Number),
    ("checkpoint_interval", Shape::Number),
    ("metadata", Shape::Object),
    ("permissions", Shape::List),
    ("pump", Shape::Object),
    ("short_config", Shape::Text),
];

/// Optional properties of every pump.
pub(crate) const PUMP: &[Property] = &[
    ("cron_expression", Shape::Text),
    ("dead_letter_dataset", Shape::Text),
    ("schedule_interval", Shape::Number),
];

/// Optional properties of every system.
pub(crate) const SYSTEM_PROPERTIES: &[Property] =
    &[("metadata", Shape::Object), ("permissions", Shape::List), ("worker_threads", Shape::Number)];

/// Optional properties of the node metadata.
pub(crate) const METADATA: &[Property] = &[("global_defaults", Shape::Object), ("metadata", Shape::Object)];

impl Part {
    /// The types of this part in alphabetical order.
    pub fn types(self) -> &'static [ComponentType] {
        match self {
            Self::Entity => ENTITIES,
            Self::System => SYSTEMS,
            Self::Source => SOURCES,
            Self::Sink => SINKS,
            Self::Transform => TRANSFORMS,
        }
    }

    /// The allowed values of `type`. Systems have the prefix `system:`, and an entity may be a system.
    pub fn type_names(self) -> Vec<String> {
        let names = |part: Self| part.types().iter().map(|(name, _)| (*name).to_owned());
        let systems = || names(Self::System).map(|name| format!("system:{name}"));
        match self {
            Self::Entity => names(self).chain(systems()).collect(),
            Self::System => systems().collect(),
            Self::Source | Self::Sink | Self::Transform => names(self).collect(),
        }
    }

    /// The properties that a type requires; `None` for an unknown type.
    pub fn required(self, name: &str) -> Option<&'static [Property]> {
        self.types().iter().find(|(known, _)| *known == name).map(|(_, required)| *required)
    }

    /// The word for this part, such as `source`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::System => "system",
            Self::Source => "source",
            Self::Sink => "sink",
            Self::Transform => "transform",
        }
    }
}

impl Shape {
    /// The shape with its article, such as `a string`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a number",
            Self::List => "a list",
            Self::TextList => "a list of strings",
            Self::Object => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_list_each_type_once() {
        for part in [Part::Entity, Part::System, Part::Source, Part::Sink, Part::Transform] {
            let names: Vec<&str> = part.types().iter().map(|(name, _)| *name).collect();
            assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        }
    }

    #[test]
    fn an_entity_may_be_a_system() {
        let names = Part::Entity.type_names();
        assert!(
            ["metadata", "pipe", "system:url"].iter().all(|name| names.iter().any(|known| known == name))
        );
        assert_eq!(Part::Source.required("csv"), Some(SYSTEM));
        assert_eq!(Part::Source.required("cvs"), None);
    }
}
