//! Every reference to a dataset that Sesam documents: sources, sinks, conditional alternatives, conditional properties, and the
//! hops and lookups of the Data Transformation Language (DTL).

use super::flow::{Input, Way, dataset_ids};
use crate::document::{Node, Value};
use crate::model::Entity;

/// What was found so far.
type Found<'a> = Vec<Input<'a>>;

fn add<'a>(found: &mut Found<'a>, way: Way, datasets: impl IntoIterator<Item = &'a str>) {
    found.extend(datasets.into_iter().map(|dataset| Input { dataset, way }));
}

/// The datasets a pipe reads: from its source, and in its transforms. Each once, by the first way that was found.
pub(super) fn inputs(entity: &Entity) -> Vec<Input<'_>> {
    let mut found = Vec::new();
    for source in all(entity.root(), "source") {
        source_inputs(source, &mut found);
    }
    for transform in all(entity.root(), "transform") {
        transform_inputs(transform, &mut found);
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|input| seen.insert(input.dataset));
    found
}

/// The datasets a pipe writes. A pipe without a sink writes one that has the pipe's own id.
pub(super) fn outputs(entity: &Entity) -> Vec<&str> {
    let mut found = Vec::new();
    let sinks = all(entity.root(), "sink");
    if sinks.is_empty() {
        found.push(&**entity.id());
    }
    for sink in sinks {
        sink_outputs(sink, entity.id(), &mut found);
    }
    for pump in all(entity.root(), "pump") {
        found.extend(all(pump, "dead_letter_dataset").into_iter().filter_map(Node::as_str));
    }
    found
}

/// A property in every form that it can take: as it stands, and in each alternative of `$conditional_properties`, which may nest.
fn all<'a>(node: &'a Node, key: &str) -> Vec<&'a Node> {
    let mut found: Vec<&Node> = node.get(key).into_iter().collect();
    for alternative in alternatives(node.get("$conditional_properties")) {
        found.extend(all(alternative, key));
    }
    found
}

/// The values of `alternatives` of a conditional thing.
fn alternatives(conditional: Option<&Node>) -> impl Iterator<Item = &Node> {
    conditional
        .and_then(|conditional| conditional.get("alternatives"))
        .and_then(|alternatives| alternatives.value.as_object())
        .into_iter()
        .flat_map(|object| object.members())
        .map(|member| &member.node)
}

fn types(node: &Node) -> Vec<&str> {
    all(node, "type").into_iter().filter_map(Node::as_str).collect()
}

fn source_inputs<'a>(source: &'a Node, found: &mut Found<'a>) {
    for kind in types(source) {
        match kind {
            "dataset" => {
                add(found, Way::Source, all(source, "dataset").into_iter().filter_map(Node::as_str));
            }
            "merge" | "merge_datasets" | "union_datasets" | "diff_datasets" => {
                add(found, Way::Source, all(source, "datasets").into_iter().flat_map(dataset_ids));
            }
            "conditional" => {
                alternatives(Some(source)).for_each(|alternative| source_inputs(alternative, found))
            }
            _ => {}
        }
    }
}

fn sink_outputs<'a>(sink: &'a Node, pipe: &'a str, found: &mut Vec<&'a str>) {
    let named = || all(sink, "dataset").into_iter().filter_map(Node::as_str);
    let kinds = types(sink);
    if kinds.is_empty() || kinds.contains(&"dataset") {
        match named().next() {
            None => found.push(pipe),
            Some(_) => found.extend(named()),
        }
    } else if kinds.contains(&"replicated_dataset") {
        found.extend(named());
    }
    if kinds.contains(&"conditional") {
        alternatives(Some(sink)).for_each(|alternative| sink_outputs(alternative, pipe, found));
    }
}

fn transform_inputs<'a>(transform: &'a Node, found: &mut Found<'a>) {
    if let Value::Array(chain) = &transform.value {
        chain.iter().for_each(|transform| transform_inputs(transform, found));
        return;
    }
    alternatives(Some(transform)).for_each(|alternative| transform_inputs(alternative, found));
    all(transform, "rules").into_iter().for_each(|rules| expression_inputs(rules, found));
    for properties in all(transform, "properties") {
        add(found, Way::Share, all(properties, "share_dataset").into_iter().filter_map(Node::as_str));
        all(properties, "rules").into_iter().for_each(|rules| expression_inputs(rules, found));
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
                "lookup" if items.len() == 3 => add(found, Way::Lookup, lookup_datasets(&items[1])),
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

/// The datasets of the deprecated `lookup`: a text, or `["list", …]`.
fn lookup_datasets(node: &Node) -> Vec<&str> {
    match &node.value {
        Value::Array(items) => items.iter().skip(1).filter_map(Node::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SourceText;
    use crate::stages::{Strictness, read_entities};

    fn entity(text: &str) -> Entity {
        read_entities(&[SourceText::new("p.json", text)], Strictness::Strict).entities.remove(0)
    }

    fn datasets(entity: &Entity) -> Vec<&str> {
        inputs(entity).into_iter().map(|input| input.dataset).collect()
    }

    #[test]
    fn sources_of_every_kind_are_read() {
        let cases = [
            (r#"{"type": "dataset", "dataset": "a"}"#, vec!["a"]),
            (r#"{"type": "merge", "datasets": ["a x", " b  y"]}"#, vec!["a", "b"]),
            (r#"{"type": "union_datasets", "datasets": ["a", "b"]}"#, vec!["a", "b"]),
            (
                r#"{"type": "conditional", "condition": "$ENV(e)", "alternatives": {
                    "prod": {"type": "dataset", "dataset": "a"}, "test": {"type": "merge", "datasets": ["b b"]}}}"#,
                vec!["a", "b"],
            ),
            (
                r#"{"type": "dataset", "$conditional_properties": {"condition": "$ENV(e)", "alternatives": {
                    "prod": {"dataset": "a"}, "test": {"dataset": "b"}}}}"#,
                vec!["a", "b"],
            ),
            (r#"{"type": "rest", "system": "s", "dataset": "no"}"#, vec![]),
        ];
        for (source, expected) in cases {
            let entity = entity(&format!(r#"{{"_id": "p", "source": {source}}}"#));
            assert_eq!(datasets(&entity), expected, "{source}");
        }
    }

    #[test]
    fn hops_and_lookups_are_read_and_literals_are_not() {
        let entity = entity(
            r#"{"_id": "p", "source": {"type": "embedded"}, "transform": [{"type": "dtl", "rules": {"default": [
                ["add", "x", ["hops", {"datasets": ["h1 a", "h2 b"], "where": [["eq", ["lookup-entity", "deep", "1"], "b.x"]]}]],
                ["add", "y", ["apply-hops", "other", {"datasets": ["h3 c"]}]],
                ["add", "z", ["lookup", ["list", "l1", "l2"], "_S.ref"]],
                ["add", "l", ["literal", ["hops", {"datasets": ["no n"]}]]],
                ["comment", ["hops", {"datasets": ["no n"]}]]
            ]}}]}"#,
        );
        assert_eq!(datasets(&entity), ["h1", "h2", "deep", "h3", "l1", "l2"]);
        let ways: Vec<Way> = inputs(&entity).iter().map(|input| input.way).collect();
        assert_eq!(ways, [Way::Hop, Way::Hop, Way::Lookup, Way::Hop, Way::Lookup, Way::Lookup]);
    }

    #[test]
    fn sinks_write_what_they_name_or_the_pipes_own_dataset() {
        let cases = [
            ("", vec!["p"]),
            (r#", "sink": {"set_initial_offset": "onload"}"#, vec!["p"]),
            (r#", "sink": {"type": "dataset", "dataset": "d"}"#, vec!["d"]),
            (r#", "sink": {"type": "http_endpoint"}"#, vec![]),
            (
                r#", "sink": {"type": "conditional", "alternatives": {"a": {"type": "dataset"}, "b": {"type": "null"}}}"#,
                vec!["p"],
            ),
            (r#", "sink": {"type": "json"}, "pump": {"dead_letter_dataset": "dead"}"#, vec!["dead"]),
        ];
        for (sink, expected) in cases {
            let entity = entity(&format!(r#"{{"_id": "p", "source": {{"type": "embedded"}}{sink}}}"#));
            assert_eq!(outputs(&entity), expected, "{sink}");
        }
    }
}
