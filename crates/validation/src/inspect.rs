//! The checks of one entity alone.

use std::borrow::Cow;
use std::collections::BTreeSet;

use deployer_core::document::{Node, Span, Value};
use deployer_core::format;
use deployer_core::model::Variables;

use crate::conditional::choose_parts;
use crate::dtl;
use crate::fault::{Fault, Finding};
use crate::names::{NamedAt, Names};
use crate::resolve::{Region, Resolver};
use crate::substitution::references;
use crate::tree::{elements, is_open, text};
use crate::types::{self, Part, Property, Shape};

/// One entity after substitution and selection.
#[derive(Debug)]
pub struct Inspection<'n> {
    /// The entity with its variables replaced and its conditional parts chosen.
    pub resolved: Cow<'n, Node>,
    /// The faults of the entity alone.
    pub findings: Vec<Finding>,
    /// The systems and datasets that must exist.
    pub names: Names,
    /// The datasets of its hops and lookups.
    pub dependencies: BTreeSet<String>,
    /// The datasets that it writes, its sink dataset first.
    pub outputs: Vec<String>,
    /// Whether it writes other datasets too, whose names use undefined variables.
    pub has_unknown_outputs: bool,
    /// Variables that it uses and that are not defined.
    pub undefined_variables: Vec<NamedAt>,
}

/// Checks an entity. The checks skip values that use undefined variables.
pub fn inspect<'n>(root: &'n Node, variables: &Variables) -> Inspection<'n> {
    let mut resolver = Resolver::new(variables);
    let mut resolved = resolver.node(root, Region::Root).map_or(Cow::Borrowed(root), Cow::Owned);
    let kind = text(root, "type").unwrap_or_default();
    if kind == "pipe" {
        resolved = choose_parts(resolved, &mut resolver);
    }
    let mut check = Check {
        resolver,
        names: Names::default(),
        outputs: Vec::new(),
        has_unknown_outputs: false,
        hops: BTreeSet::new(),
    };
    check.identity(root, kind);
    match kind {
        "pipe" => check.pipe(&resolved),
        "metadata" => check.optional(&resolved, types::METADATA),
        _ => check.system_or_unknown(&resolved, kind),
    }
    let Check { resolver, names, outputs, has_unknown_outputs, hops } = check;
    Inspection {
        resolved,
        findings: resolver.findings,
        names,
        dependencies: hops,
        outputs,
        has_unknown_outputs,
        undefined_variables: resolver.undefined,
    }
}

impl Inspection<'_> {
    /// The secrets that the entity uses.
    pub fn secrets(&self) -> Vec<NamedAt> {
        let mut found = Vec::new();
        self.resolved.value.for_each_text(self.resolved.span, &mut |text, span| {
            let names = references(text, "$SECRET").into_iter();
            found.extend(names.map(|(_, name)| NamedAt { name: name.to_owned(), span }));
        });
        found
    }
}

struct Check<'v> {
    resolver: Resolver<'v>,
    names: Names,
    outputs: Vec<String>,
    has_unknown_outputs: bool,
    hops: BTreeSet<String>,
}

impl Check<'_> {
    fn find(&mut self, span: Span, fault: Fault) {
        self.resolver.find(span, fault);
    }

    fn identity(&mut self, root: &Node, kind: &str) {
        let Some((id, span)) = root.get("_id").and_then(|id| Some((id.as_str()?, id.span))) else { return };
        if id.contains('/') {
            self.find(span, Fault::SlashInId);
        }
        if id.starts_with("system:") {
            self.find(span, Fault::ReservedId);
        }
        if kind == "metadata" && id != "node" {
            self.find(span, Fault::MetadataId);
        }
    }

    fn system_or_unknown(&mut self, root: &Node, kind: &str) {
        let Some(name) = kind.strip_prefix("system:") else { return self.unknown_type(root, Part::Entity) };
        match Part::System.required(name) {
            Some(required) => {
                self.optional(root, types::SYSTEM_PROPERTIES);
                self.required(root, required);
            }
            None => self.unknown_type(root, Part::System),
        }
    }

    fn pipe(&mut self, root: &Node) {
        self.optional(root, types::PIPE);
        match root.get("source") {
            Some(source) if is_open(source) && source.as_str().is_some() => {}
            Some(source) => {
                self.part(source, Part::Source, None);
                self.inputs(source);
            }
            None if is_open(root) => {}
            None => self.find(root.span, Fault::MissingProperty("source")),
        }
        let id = text(root, "_id").unwrap_or_default();
        match root.get("sink") {
            Some(sink) => {
                self.part(sink, Part::Sink, Some("dataset"));
                self.sink_dataset(sink, id);
            }
            None => {
                self.has_unknown_outputs |= is_open(root);
                self.outputs.push(id.to_owned());
            }
        }
        let mut transforms = Vec::new();
        if let Some(transform) = root.get("transform") {
            chain(transform, &mut transforms);
        }
        for transform in &transforms {
            self.part(transform, Part::Transform, transform.get("rules").map(|_| "dtl"));
            if let Some(system) = transform.get("properties").and_then(|it| it.get("rest_system")) {
                self.system(system);
            }
        }
        let is_dtl = |transform: &&Node| matches!(text(transform, "type"), None | Some("dtl"));
        let analysis = dtl::analyse(transforms.into_iter().filter(is_dtl));
        self.resolver.findings.extend(analysis.findings);
        self.hops = analysis.datasets;
        if let Some(pump) = root.get("pump") {
            self.optional(pump, types::PUMP);
            self.outputs.extend(text(pump, "dead_letter_dataset").map(str::to_owned));
        }
    }

    /// A source, a sink or a transform: its type, the properties of the type, its system.
    fn part(&mut self, node: &Node, part: Part, default: Option<&str>) {
        if node.value.as_object().is_none() {
            if !is_open(node) {
                self.find(node.span, Fault::NotAnObject(part));
            }
            return;
        }
        let name = match (node.get("type"), default) {
            (Some(kind), _) if is_open(kind) => return,
            (Some(kind), _) => kind.as_str().unwrap_or_default(),
            (None, Some(name)) => name,
            (None, None) => {
                if !is_open(node) {
                    self.find(node.span, Fault::MissingProperty("type"));
                }
                return;
            }
        };
        let Some(required) = part.required(name) else { return self.unknown_type(node, part) };
        self.required(node, required);
        // The system of embedded entities has no effect.
        if let Some(system) = node.get("system").filter(|_| name != "embedded") {
            self.system(system);
        }
    }

    fn unknown_type(&mut self, node: &Node, part: Part) {
        match node.get("type") {
            Some(kind) if is_open(kind) => {}
            Some(kind) => {
                let found = format::compact(&kind.value);
                self.find(kind.span, Fault::UnknownType { part, found });
            }
            None => self.find(node.span, Fault::MissingProperty("type")),
        }
    }

    fn required(&mut self, node: &Node, properties: &'static [Property]) {
        for (name, shape) in properties {
            match node.get(name) {
                Some(value) => self.shape(value, name, *shape),
                None if is_open(node) => {}
                None => self.find(node.span, Fault::MissingProperty(name)),
            }
        }
    }

    fn optional(&mut self, node: &Node, properties: &'static [Property]) {
        for (name, shape) in properties {
            if let Some(value) = node.get(name).filter(|value| !matches!(value.value, Value::Null)) {
                self.shape(value, name, *shape);
            }
        }
    }

    fn shape(&mut self, node: &Node, name: &'static str, shape: Shape) {
        let fits = match (shape, &node.value) {
            (Shape::Text, Value::String(_))
            | (Shape::Number, Value::Number(_))
            | (Shape::List, Value::Array(_))
            | (Shape::Object, Value::Object(_)) => true,
            (Shape::Number, Value::String(text)) => text.contains("$SECRET(") || text.parse::<f64>().is_ok(),
            (Shape::TextList, Value::Array(items)) => items.iter().all(|item| item.as_str().is_some()),
            _ => false,
        };
        if !fits && !is_open(node) {
            self.find(node.span, Fault::WrongShape(name, shape));
        }
    }

    fn system(&mut self, node: &Node) {
        if let Some(id) = node.as_str().filter(|_| !is_open(node)) {
            self.names.systems.push(NamedAt { name: id.to_owned(), span: node.span });
        }
    }

    fn inputs(&mut self, source: &Node) {
        let field = match text(source, "type") {
            Some("dataset") => source.get("dataset"),
            Some("merge" | "merge_datasets" | "union_datasets" | "diff_datasets") => source.get("datasets"),
            _ => None,
        };
        for node in field.into_iter().flat_map(elements).filter(|node| !is_open(node)) {
            // A list names a dataset and an alias.
            if let Some(id) = node.as_str().and_then(|text| text.split_whitespace().next()) {
                self.names.inputs.push(NamedAt { name: id.to_owned(), span: node.span });
            }
        }
    }

    fn sink_dataset(&mut self, sink: &Node, pipe: &str) {
        let kind = sink.get("type").map_or(Some("dataset"), Node::as_str);
        let writes = matches!(kind, Some("dataset" | "replicated_dataset"));
        self.has_unknown_outputs |= is_open(sink)
            || sink.get("type").is_some_and(is_open)
            || sink.get("condition").is_some_and(is_open)
            || (writes && sink.get("dataset").is_some_and(is_open));
        match sink.get("dataset") {
            Some(node) if is_open(node) => {}
            Some(node) => match node.as_str() {
                Some(id) if id.contains('/') => self.find(node.span, Fault::SlashInDataset),
                Some(id) if id.starts_with("system:") => self.find(node.span, Fault::ReservedDataset),
                Some(id) if writes => self.outputs.push(id.to_owned()),
                Some(_) => {}
                None => self.find(node.span, Fault::WrongShape("dataset", Shape::Text)),
            },
            None if kind == Some("dataset") => self.outputs.push(pipe.to_owned()),
            None => {}
        }
    }
}

/// The transforms of a pipe in order: a single one, a list, or `chained` ones.
fn chain<'n>(transform: &'n Node, transforms: &mut Vec<&'n Node>) {
    match (&transform.value, text(transform, "type"), transform.get("transforms")) {
        (Value::Array(items), ..) => items.iter().for_each(|item| chain(item, transforms)),
        (_, Some("chained"), Some(Node { value: Value::Array(items), .. })) => {
            items.iter().for_each(|item| chain(item, transforms));
        }
        _ => transforms.push(transform),
    }
}
