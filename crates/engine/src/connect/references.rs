//! Every place in which Sesam's configuration names a dataset: sources, sinks, conditional alternatives, conditional properties, and the
//! hops and lookups of the Data Transformation Language (DTL).
//!
//! Some members name a dataset without reading it: `initial_datasets`, `completeness`, `initial_completeness`, `exclude_completeness` and
//! `include_completeness`. They create no flow of data and do not count. Neither do datasets that begin with `system:`, which belong to
//! their node, and references to systems.

use deployer_core::document::{Node, Value};
use deployer_core::model::{Entity, EntityKind, ReadWay};

/// A text, or a list of texts, that names datasets which a pipe reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) node: &'a Node,
    pub(super) form: Form,
    pub(super) way: ReadWay,
}

/// How a text names a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The whole text is the id.
    Id,
    /// The first word is the id, the second an alias.
    IdAndAlias,
    /// A reference to an entity: `~rsesam:<dataset>/<entity>`.
    Entity,
}

/// A dataset that a pipe writes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Output<'a> {
    /// The dataset that has the pipe's id.
    OwnId,
    /// The dataset that a text names.
    Named(&'a Node),
}

type Inputs<'a> = Vec<Input<'a>>;

fn add<'a>(inputs: &mut Inputs<'a>, way: ReadWay, form: Form, nodes: impl IntoIterator<Item = &'a Node>) {
    inputs.extend(nodes.into_iter().map(|node| Input { node, form, way }));
}

/// Whether an entity moves data: a pipe, also one whose source is conditional or written in short (`short_config`).
pub(super) fn is_pipe(entity: &Entity) -> bool {
    entity.kind() == EntityKind::Pipe || !forms(entity.root(), "source").values.is_empty()
}

/// The datasets that a pipe reads: from its source, and in its transforms.
pub(super) fn inputs(entity: &Entity) -> Vec<Input<'_>> {
    let mut inputs = Vec::new();
    for source in forms(entity.root(), "source").values {
        source_inputs(source, &mut inputs);
    }
    for transform in forms(entity.root(), "transform").values {
        transform_inputs(transform, &mut inputs);
    }
    inputs
}

/// The datasets that a pipe writes. A pipe without a sink writes the dataset that has the pipe's id.
pub(super) fn outputs(entity: &Entity) -> Vec<Output<'_>> {
    let mut outputs = Vec::new();
    let sinks = forms(entity.root(), "sink");
    if !sinks.always {
        outputs.push(Output::OwnId);
    }
    for sink in sinks.values {
        sink_outputs(sink, &mut outputs);
    }
    for pump in forms(entity.root(), "pump").values {
        outputs.extend(forms(pump, "dead_letter_dataset").values.into_iter().map(Output::Named));
    }
    outputs
}

/// The forms that a property can take.
struct Forms<'a> {
    /// Its values: as it stands, and in each alternative of `$conditional_properties`, which may nest.
    values: Vec<&'a Node>,
    /// Whether it is there whichever alternative is chosen.
    always: bool,
}

fn forms<'a>(node: &'a Node, key: &str) -> Forms<'a> {
    let mut values: Vec<&Node> = node.get(key).into_iter().collect();
    let mut always = !values.is_empty();
    if let Some(conditional) = node.get("$conditional_properties") {
        let chosen: Vec<Forms<'_>> =
            alternatives(conditional).into_iter().map(|alternative| forms(alternative, key)).collect();
        always |= !chosen.is_empty() && chosen.iter().all(|forms| forms.always);
        values.extend(chosen.into_iter().flat_map(|forms| forms.values));
    }
    Forms { values, always }
}

/// The forms of a property that are texts.
fn texts<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    forms(node, key).values.into_iter().filter_map(Node::as_str)
}

/// The values of `alternatives` of a conditional thing.
fn alternatives(conditional: &Node) -> Vec<&Node> {
    let choices = forms(conditional, "alternatives").values.into_iter();
    let members = choices.filter_map(|choice| choice.value.as_object()).flat_map(|object| object.members());
    members.map(|member| &member.node).collect()
}

fn source_inputs<'a>(source: &'a Node, inputs: &mut Inputs<'a>) {
    let mut read = |key, form| add(inputs, ReadWay::Source, form, forms(source, key).values);
    let kinds: Vec<&str> = texts(source, "type").collect();
    for kind in &kinds {
        match *kind {
            "dataset" => read("dataset", Form::Id),
            "merge" => read("datasets", Form::IdAndAlias),
            "merge_datasets" | "union_datasets" | "diff_datasets" => read("datasets", Form::Id),
            _ => {}
        }
    }
    if kinds.contains(&"conditional") {
        alternatives(source).into_iter().for_each(|alternative| source_inputs(alternative, inputs));
    }
}

fn sink_outputs<'a>(sink: &'a Node, outputs: &mut Vec<Output<'a>>) {
    let kinds: Vec<&str> = texts(sink, "type").collect();
    let named = forms(sink, "dataset");
    if !forms(sink, "type").always || kinds.contains(&"dataset") {
        outputs.extend(named.values.into_iter().map(Output::Named));
        if !named.always {
            outputs.push(Output::OwnId);
        }
    } else if kinds.contains(&"replicated_dataset") {
        outputs.extend(named.values.into_iter().map(Output::Named));
    }
    if kinds.contains(&"conditional") {
        alternatives(sink).into_iter().for_each(|alternative| sink_outputs(alternative, outputs));
    }
}

/// One transform, or a chain: a list, or `{"type": "chained", "transforms": […]}`.
fn transform_inputs<'a>(transform: &'a Node, inputs: &mut Inputs<'a>) {
    if let Value::Array(chain) = &transform.value {
        chain.iter().for_each(|transform| transform_inputs(transform, inputs));
        return;
    }
    forms(transform, "transforms").values.into_iter().for_each(|chain| transform_inputs(chain, inputs));
    alternatives(transform).into_iter().for_each(|alternative| transform_inputs(alternative, inputs));
    forms(transform, "rules").values.into_iter().for_each(|rules| expression_inputs(rules, inputs));
    for properties in forms(transform, "properties").values {
        add(inputs, ReadWay::Share, Form::Id, forms(properties, "share_dataset").values);
        forms(properties, "rules").values.into_iter().for_each(|rules| expression_inputs(rules, inputs));
    }
}

/// Walks an expression of DTL through all lists and objects. `literal` and `comment` are not evaluated.
fn expression_inputs<'a>(node: &'a Node, inputs: &mut Inputs<'a>) {
    match &node.value {
        Value::Object(object) => {
            object.members().iter().for_each(|member| expression_inputs(&member.node, inputs));
        }
        Value::Array(items) => {
            let function = items.first().and_then(Node::as_str).unwrap_or_default();
            match function {
                "literal" | "comment" => return,
                "hops" => hops(items.get(1..), inputs),
                "apply-hops" => hops(items.get(2..), inputs),
                "lookup-entity" | "reference" => {
                    let id = items.get(1).filter(|item| item.as_str().is_some());
                    add(inputs, ReadWay::Lookup, Form::Id, id);
                }
                "lookup" => lookup(&items[1..], inputs),
                _ => {}
            }
            items.iter().for_each(|item| expression_inputs(item, inputs));
        }
        _ => {}
    }
}

fn hops<'a>(specifications: Option<&'a [Node]>, inputs: &mut Inputs<'a>) {
    let specifications = specifications.unwrap_or_default().iter();
    let datasets = specifications.flat_map(|specification| forms(specification, "datasets").values);
    add(inputs, ReadWay::Hop, Form::IdAndAlias, datasets);
}

/// The deprecated `lookup`: of two arguments the first names datasets, a text or `["list", …]`; the last may refer to entities.
fn lookup<'a>(arguments: &'a [Node], inputs: &mut Inputs<'a>) {
    if let [datasets, _] = arguments {
        let ids = match &datasets.value {
            Value::Array(items) => items.get(1..).unwrap_or_default(),
            _ => std::slice::from_ref(datasets),
        };
        add(inputs, ReadWay::Lookup, Form::Id, ids.iter().filter(|id| id.as_str().is_some()));
    }
    add(inputs, ReadWay::Lookup, Form::Entity, arguments.last());
}
