//! Every reference to a dataset that Sesam documents: sources, sinks, conditional alternatives, conditional properties, and the
//! hops and lookups of the Data Transformation Language (DTL).
//!
//! What names a dataset without reading it, such as `initial_datasets`, `completeness` and `exclude_completeness`, creates no flow
//! of data and does not count. Neither do datasets that begin with `system:`: they belong to their node.

use std::collections::HashSet;

use super::flow::{Input, Way, dataset_ids};
use deployer_core::document::{Node, Value};
use deployer_core::model::{Entity, EntityKind};

/// What was found so far.
type Found<'a> = Vec<Input<'a>>;

fn add<'a>(found: &mut Found<'a>, way: Way, datasets: impl IntoIterator<Item = &'a str>) {
    found.extend(datasets.into_iter().map(|dataset| Input { dataset, way }));
}

/// Whether an entity moves data: a pipe, also one whose source is conditional or written in short (`short_config`).
pub(super) fn is_pipe(entity: &Entity) -> bool {
    entity.kind() == EntityKind::Pipe || !forms(entity.root(), "source").values.is_empty()
}

/// The datasets a pipe reads: from its source, and in its transforms. Each once, by the first way that was found.
pub(super) fn inputs(entity: &Entity) -> Vec<Input<'_>> {
    let mut found = Vec::new();
    for source in forms(entity.root(), "source").values {
        source_inputs(source, &mut found);
    }
    for transform in forms(entity.root(), "transform").values {
        transform_inputs(transform, &mut found);
    }
    let mut seen = HashSet::new();
    found.retain(|input| seen.insert(input.dataset));
    found
}

/// The datasets a pipe writes, each once. A pipe without a sink writes one that has the pipe's own id.
pub(super) fn outputs(entity: &Entity) -> Vec<&str> {
    let mut found = Vec::new();
    let sinks = forms(entity.root(), "sink");
    if !sinks.always {
        found.push(&**entity.id());
    }
    for sink in sinks.values {
        sink_outputs(sink, entity.id(), &mut found);
    }
    for pump in forms(entity.root(), "pump").values {
        found.extend(texts(pump, "dead_letter_dataset"));
    }
    let mut seen = HashSet::new();
    found.retain(|output| seen.insert(*output));
    found
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

fn source_inputs<'a>(source: &'a Node, found: &mut Found<'a>) {
    for kind in texts(source, "type") {
        match kind {
            "dataset" => add(found, Way::Source, texts(source, "dataset")),
            "merge" => {
                add(found, Way::Source, forms(source, "datasets").values.into_iter().flat_map(dataset_ids))
            }
            "merge_datasets" | "union_datasets" | "diff_datasets" => {
                add(found, Way::Source, forms(source, "datasets").values.into_iter().flat_map(plain_ids));
            }
            "conditional" => {
                alternatives(source).into_iter().for_each(|alternative| source_inputs(alternative, found));
            }
            _ => {}
        }
    }
}

/// The dataset ids of a list without aliases.
fn plain_ids(list: &Node) -> Vec<&str> {
    match &list.value {
        Value::Array(items) => items.iter().filter_map(Node::as_str).map(str::trim).collect(),
        value => value.as_str().map(str::trim).into_iter().collect(),
    }
}

fn sink_outputs<'a>(sink: &'a Node, pipe: &'a str, found: &mut Vec<&'a str>) {
    let kinds: Vec<&str> = texts(sink, "type").collect();
    if !forms(sink, "type").always || kinds.contains(&"dataset") {
        found.extend(texts(sink, "dataset"));
        if !forms(sink, "dataset").always {
            found.push(pipe);
        }
    } else if kinds.contains(&"replicated_dataset") {
        found.extend(texts(sink, "dataset"));
    }
    if kinds.contains(&"conditional") {
        alternatives(sink).into_iter().for_each(|alternative| sink_outputs(alternative, pipe, found));
    }
}

fn transform_inputs<'a>(transform: &'a Node, found: &mut Found<'a>) {
    if let Value::Array(chain) = &transform.value {
        chain.iter().for_each(|transform| transform_inputs(transform, found));
        return;
    }
    alternatives(transform).into_iter().for_each(|alternative| transform_inputs(alternative, found));
    forms(transform, "rules").values.into_iter().for_each(|rules| expression_inputs(rules, found));
    for properties in forms(transform, "properties").values {
        add(found, Way::Share, texts(properties, "share_dataset"));
        forms(properties, "rules").values.into_iter().for_each(|rules| expression_inputs(rules, found));
    }
}

/// Walks an expression of DTL, through all lists and objects; what stands in `literal` and `comment` is not evaluated.
fn expression_inputs<'a>(node: &'a Node, found: &mut Found<'a>) {
    match &node.value {
        Value::Object(object) => {
            object.members().iter().for_each(|member| expression_inputs(&member.node, found))
        }
        Value::Array(items) => {
            let function = items.first().and_then(Node::as_str).unwrap_or_default();
            match function {
                "literal" | "comment" => return,
                "hops" => hops(items.get(1..), found),
                "apply-hops" => hops(items.get(2..), found),
                "lookup-entity" | "reference" => add(found, Way::Lookup, items.get(1).and_then(Node::as_str)),
                "lookup" => lookup(&items[1..], found),
                _ => {}
            }
            items.iter().for_each(|item| expression_inputs(item, found));
        }
        _ => {}
    }
}

fn hops<'a>(specifications: Option<&'a [Node]>, found: &mut Found<'a>) {
    let specifications = specifications.unwrap_or_default().iter();
    let datasets = specifications.filter_map(|specification| specification.get("datasets"));
    add(found, Way::Hop, datasets.flat_map(dataset_ids));
}

/// The datasets of the deprecated `lookup`: of its first argument when it has two, and those that its references name.
fn lookup<'a>(arguments: &'a [Node], found: &mut Found<'a>) {
    if let [datasets, _] = arguments {
        add(found, Way::Lookup, lookup_datasets(datasets));
    }
    add(found, Way::Lookup, arguments.last().into_iter().flat_map(referenced_datasets));
}

/// A text, or `["list", …]`.
fn lookup_datasets(node: &Node) -> Vec<&str> {
    match &node.value {
        Value::Array(items) => items.iter().skip(1).filter_map(Node::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

/// The datasets in references such as `~rsesam:<dataset>/<entity>`, or a list of them.
fn referenced_datasets(node: &Node) -> Vec<&str> {
    match &node.value {
        Value::Array(items) => items.iter().flat_map(referenced_datasets).collect(),
        value => {
            let named = value.as_str().and_then(|text| {
                text.strip_prefix("~r").unwrap_or(text).strip_prefix("sesam:")?.split_once('/')
            });
            named.map(|(dataset, _)| dataset).into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests;
