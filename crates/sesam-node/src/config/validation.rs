//! The checks of one entity against the rest of the node.

use std::collections::BTreeSet;

use super::dtl;
use super::issue::Issue;
use super::kinds::{self, EntityKind, Kind, Shape};
use super::resolved::Resolved;
use super::substitution::references;
use crate::switches::MissingName;

/// What the rest of the node offers.
pub(crate) struct Surroundings<'a> {
    pub(crate) systems: BTreeSet<&'a str>,
    /// Datasets that exist or that a pipe writes.
    pub(crate) datasets: BTreeSet<&'a str>,
    pub(crate) missing_variable: MissingName,
}

/// Checks a resolved entity. Returns the datasets its DTL reaches.
pub(crate) fn validate(
    root: &Resolved,
    kind: EntityKind,
    around: &Surroundings<'_>,
    issues: &mut Vec<Issue>,
) -> BTreeSet<String> {
    let mut check = Check { around, issues };
    check.variables(root);
    check.shape_of(root, "metadata", Shape::Object);
    match kind {
        EntityKind::Pipe => check.pipe(root),
        EntityKind::System => {
            let name = root.text("type").and_then(|kind| kind.strip_prefix("system:")).unwrap_or_default();
            check.requirements(root, kinds::SYSTEMS, name);
            BTreeSet::new()
        }
        EntityKind::Metadata => {
            if root.text("_id") != Some("node") {
                check.error("$['_id']", "The '_id' of the node metadata must be 'node'.");
            }
            check.shape_of(root, "global_defaults", Shape::Object);
            BTreeSet::new()
        }
        EntityKind::Unknown => {
            check.unknown_type(root);
            BTreeSet::new()
        }
    }
}

struct Check<'a> {
    around: &'a Surroundings<'a>,
    issues: &'a mut Vec<Issue>,
}

impl Check<'_> {
    fn error(&mut self, path: &str, message: impl Into<String>) {
        self.issues.push(Issue::error(path, message));
    }

    fn pipe(&mut self, root: &Resolved) -> BTreeSet<String> {
        self.shape_of(root, "pump", Shape::Object);
        match root.get("source") {
            Some(source) => {
                self.component(source, kinds::SOURCES, None);
                self.inputs(source);
            }
            None => self.error("$", "'source' is a required property"),
        }
        if let Some(sink) = root.get("sink") {
            self.component(sink, kinds::SINKS, Some("dataset"));
            self.sink_dataset(sink);
        }
        let transforms = root
            .get("transform")
            .map_or(&[][..], |transform| transform.elements().unwrap_or(std::slice::from_ref(transform)));
        for transform in transforms {
            let default = transform.get("rules").map(|_| "dtl");
            self.component(transform, kinds::TRANSFORMS, default);
            if let Some(properties) = transform.get("properties") {
                self.system(properties, "rest_system");
            }
        }
        let is_dtl = |transform: &&Resolved| matches!(transform.text("type"), None | Some("dtl"));
        let analysis = dtl::analyse(transforms.iter().filter(is_dtl));
        self.issues.extend(analysis.issues);
        analysis.datasets
    }

    /// A source, sink or transform: its type, what the type requires, its system.
    fn component(&mut self, component: &Resolved, known: &[Kind], default: Option<&str>) {
        if component.members().is_none() {
            self.error(&component.path, "is not an object");
            return;
        }
        let name = match (component.get("type"), default) {
            (Some(kind), _) => match kind.as_str() {
                Some(name) if known.iter().any(|(known, _)| *known == name) => name,
                _ => {
                    let message = format!("{} is not one of {:?}", kind.to_value(), kinds::names(known));
                    self.error(&kind.path, message.replace('"', "'"));
                    return;
                }
            },
            (None, Some(name)) => name,
            (None, None) => {
                self.error(&component.path, "'type' is a required property");
                return;
            }
        };
        self.requirements(component, known, name);
        self.system(component, "system");
    }

    fn requirements(&mut self, component: &Resolved, known: &[Kind], name: &str) {
        let required =
            known.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, required)| required);
        for (property, shape) in required {
            if component.get(property).is_none() {
                self.error(&component.path, format!("'{property}' is a required property"));
            }
            self.shape_of(component, property, *shape);
        }
    }

    fn shape_of(&mut self, component: &Resolved, property: &str, shape: Shape) {
        let Some(node) = component.get(property) else { return };
        let fits = match shape {
            Shape::Text => node.as_str().is_some(),
            Shape::List => node.elements().is_some(),
            Shape::TextList => node
                .elements()
                .is_some_and(|elements| elements.iter().all(|element| element.as_str().is_some())),
            Shape::Object => node.members().is_some(),
        };
        if !fits {
            self.error(&node.path, format!("'{property}' is not {}", shape.name()));
        }
    }

    fn system(&mut self, component: &Resolved, property: &str) {
        let Some(node) = component.get(property) else { return };
        let Some(id) = node.as_str() else { return };
        if id != super::INTERNAL_SYSTEM && !self.around.systems.contains(id) {
            self.error(&node.path, format!("Unknown component id '{id}' of type 'system'."));
        }
    }

    fn inputs(&mut self, source: &Resolved) {
        for (dataset, path) in input_datasets(source) {
            if !self.around.datasets.contains(dataset) {
                self.issues.push(Issue::warning(path, format!("The dataset '{dataset}' does not exist.")));
            }
        }
    }

    fn sink_dataset(&mut self, sink: &Resolved) {
        let Some(node) = sink.get("dataset") else { return };
        match node.as_str() {
            Some(id) if id.contains('/') => self.error(&node.path, "A dataset id cannot contain '/'."),
            Some(id) if id.starts_with("system:") => {
                self.error(&node.path, "The prefix 'system:' is reserved for internal datasets.");
            }
            Some(_) => {}
            None => self.error(&node.path, "'dataset' is not a string"),
        }
    }

    fn unknown_type(&mut self, root: &Resolved) {
        match root.get("type") {
            Some(kind) => {
                let message = format!("{} is not one of {:?}", kind.to_value(), kinds::entity_types());
                self.error(&kind.path, message.replace('"', "'"));
            }
            None => self.error("$", "'type' is a required property"),
        }
    }

    fn variables(&mut self, root: &Resolved) {
        let missing = self.around.missing_variable;
        let issues = &mut *self.issues;
        root.for_each_text(&mut |text, path| {
            for (_, name) in references(text, "$ENV") {
                let message = format!("The environment variable '{name}' is not defined.");
                match missing {
                    MissingName::Error => issues.push(Issue::error(path, message)),
                    MissingName::Warning => issues.push(Issue::warning(path, message)),
                    MissingName::Ignored => {}
                }
            }
        });
    }
}

/// The datasets a source reads, each with its place. Lists name a dataset and an alias.
pub(crate) fn input_datasets(source: &Resolved) -> Vec<(&str, &str)> {
    let field = match source.text("type") {
        Some("dataset") => source.get("dataset"),
        Some("merge" | "merge_datasets" | "union_datasets" | "diff_datasets") => source.get("datasets"),
        _ => None,
    };
    let texts = field.into_iter().flat_map(Resolved::texts);
    texts.filter_map(|(text, node)| Some((text.split_whitespace().next()?, node.path.as_str()))).collect()
}

/// The secrets a system refers to, each with its place.
pub(crate) fn secret_references(root: &Resolved) -> Vec<(String, String)> {
    let mut found = Vec::new();
    root.for_each_text(&mut |text, path| {
        let names = references(text, "$SECRET").into_iter();
        found.extend(names.map(|(_, name)| (name.to_owned(), path.to_owned())));
    });
    found
}
