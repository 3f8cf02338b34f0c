//! One row for each place in which Sesam's configuration names a dataset.

use super::*;
use crate::stages::{Strictness, read_entities};
use deployer_core::document::SourceText;

fn entity(text: &str) -> Entity {
    let mut read = read_entities(&[SourceText::new("p.json", text)], Strictness::Strict);
    assert!(read.problems.is_empty(), "{text}: {:?}", read.problems);
    read.entities.remove(0)
}

fn variables(text: &str) -> Variables {
    let source = SourceText::new("v.json", text);
    Variables::from_document(&source.parse().unwrap().root, &source).unwrap()
}

/// The datasets that a pipe reads, each with its way, and those that it writes.
fn flow(text: &str, variables: &Variables) -> (Vec<String>, Vec<String>, Vec<Note>) {
    let entities = [entity(text)];
    let flow = Flow::of(&entities, LinkRule::Full, variables);
    let way = |way| match way {
        ReadWay::Hop => " in a hop",
        ReadWay::Lookup => " in a lookup",
        ReadWay::Share => " as its share dataset",
        _ => "",
    };
    let inputs = flow.pipes[0].inputs.iter().map(|input| format!("{}{}", input.dataset, way(input.way)));
    let outputs = flow.pipes[0].outputs.iter().map(|output| output.to_string());
    (inputs.collect(), outputs.collect(), flow.notes)
}

fn read(text: &str) -> Vec<String> {
    flow(text, &Variables::default()).0
}

fn assert_reads(form: &str, members: &str, expected: &[&str]) {
    assert_eq!(read(&format!(r#"{{"_id": "p", "type": "pipe", {members}}}"#)), expected, "{form}");
}

#[test]
fn every_source_that_names_datasets_is_read() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("dataset", r#"{"type": "dataset", "dataset": "a"}"#, &["a"]),
        (
            "merge",
            r#"{"type": "merge", "datasets": ["a x", " b  y", "c"], "equality": []}"#,
            &["a", "b", "c"],
        ),
        (
            "merge_datasets",
            r#"{"type": "merge_datasets", "datasets": ["a", "with blank"]}"#,
            &["a", "with blank"],
        ),
        ("union_datasets", r#"{"type": "union_datasets", "datasets": ["a", "b"]}"#, &["a", "b"]),
        ("diff_datasets", r#"{"type": "diff_datasets", "datasets": ["a", "b"]}"#, &["a", "b"]),
        (
            "conditional",
            r#"{"type": "conditional", "condition": "$ENV(e)", "alternatives": {
                "prod": {"type": "dataset", "dataset": "a"}, "test": {"type": "merge", "datasets": ["b b"]},
                "ci": {"type": "embedded", "entities": [{"_id": "1", "dataset": "no"}]}}}"#,
            &["a", "b"],
        ),
        (
            "conditional in conditional",
            r#"{"type": "conditional", "alternatives": {"prod": {"type": "conditional", "alternatives": {
                "one": {"type": "dataset", "dataset": "a"}}}}}"#,
            &["a"],
        ),
        (
            "conditional properties",
            r#"{"type": "dataset", "$conditional_properties": {"condition": "$ENV(e)", "alternatives": {
                "prod": {"dataset": "a"}, "test": {"dataset": "b"}}}}"#,
            &["a", "b"],
        ),
        (
            "conditional type",
            r#"{"$conditional_properties": {"alternatives": {
                "prod": {"type": "dataset", "dataset": "a"}, "test": {"type": "embedded"}}}}"#,
            &["a"],
        ),
        (
            "conditional alternatives",
            r#"{"type": "conditional", "$conditional_properties": {"alternatives": {
                "prod": {"alternatives": {"x": {"type": "dataset", "dataset": "a"}}}}}}"#,
            &["a"],
        ),
        ("rest", r#"{"type": "rest", "system": "s", "dataset": "no"}"#, &[]),
        ("embedded", r#"{"type": "embedded", "entities": [{"_id": "1", "datasets": ["no"]}]}"#, &[]),
        (
            "soft",
            r#"{"type": "merge", "datasets": ["a x"], "initial_datasets": ["no"], "completeness": ["no"]}"#,
            &["a"],
        ),
    ];
    for (form, source, expected) in cases {
        assert_reads(form, &format!(r#""source": {source}"#), expected);
    }
}

#[test]
fn conditional_properties_of_the_pipe_are_walked_in_all_alternatives() {
    assert_reads(
        "a conditional source",
        r#""$conditional_properties": {"condition": "$ENV(e)", "alternatives": {
            "prod": {"source": {"type": "dataset", "dataset": "a"}},
            "test": {"$conditional_properties": {"alternatives": {"x": {"source": {"type": "dataset", "dataset": "b"}}}}}}}"#,
        &["a", "b"],
    );
    assert_reads(
        "a conditional transform",
        r#""source": {"type": "embedded"}, "$conditional_properties": {"alternatives": {"prod": {"transform": {
            "type": "dtl", "rules": {"default": [["add", "x", ["lookup-entity", "a", "1"]]]}}}}}"#,
        &["a in a lookup"],
    );
}

#[test]
fn every_form_of_dtl_that_names_datasets_is_read() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "hops",
            r#"["hops", {"datasets": ["a x", "b y"], "where": ["eq", "x.i", "y.i"]}]"#,
            &["a in a hop", "b in a hop"],
        ),
        (
            "chained hops",
            r#"["hops", {"datasets": ["a x"]}, {"datasets": ["b y"]}]"#,
            &["a in a hop", "b in a hop"],
        ),
        (
            "apply-hops",
            r#"["apply-hops", "rule", {"datasets": ["a x"]}, {"datasets": ["b y"]}]"#,
            &["a in a hop", "b in a hop"],
        ),
        ("lookup-entity", r#"["lookup-entity", "a", "_S.id"]"#, &["a in a lookup"]),
        ("lookup of one dataset", r#"["lookup", "a", "_S.ref"]"#, &["a in a lookup"]),
        (
            "lookup of a list",
            r#"["lookup", ["list", "a", "b"], "_S.ref"]"#,
            &["a in a lookup", "b in a lookup"],
        ),
        (
            "lookup of references",
            r#"["lookup", ["list", "~rsesam:a/1", "sesam:b/2"]]"#,
            &["a in a lookup", "b in a lookup"],
        ),
        ("lookup of a property", r#"["lookup", "_S.ref"]"#, &[]),
        ("reference", r#"["reference", "a", "_S.id"]"#, &["a in a lookup"]),
        (
            "in a where",
            r#"["hops", {"datasets": ["a x"], "where": [["eq", ["lookup-entity", "b", "1"], "x.i"]]}]"#,
            &["a in a hop", "b in a lookup"],
        ),
        (
            "twice",
            r#"["list", ["lookup-entity", "a", "1"], ["hops", {"datasets": ["a x"]}]]"#,
            &["a in a lookup"],
        ),
        ("literal", r#"["literal", ["hops", {"datasets": ["no n"]}]]"#, &[]),
        ("comment", r#"["comment", ["lookup-entity", "no", "1"]]"#, &[]),
        ("completeness", r#"["completeness", "no", "no"]"#, &[]),
        (
            "conditional specification",
            r#"["hops", {"$conditional_properties": {"alternatives": {"x": {"datasets": ["a x"]}}}}]"#,
            &["a in a hop"],
        ),
        ("no specification", r#"["hops", "no", ["no"]]"#, &[]),
    ];
    for (form, expression, expected) in cases {
        let transform = format!(r#"{{"type": "dtl", "rules": {{"default": [["add", "x", {expression}]]}}}}"#);
        assert_reads(
            form,
            &format!(r#""source": {{"type": "embedded"}}, "transform": {transform}"#),
            expected,
        );
    }
}

#[test]
fn every_transform_that_holds_rules_is_read() {
    let rules = r#"{"default": [["copy", "*"]], "other": [["add", "x", ["lookup-entity", "a", "1"]]]}"#;
    let cases = [
        ("one", format!(r#"{{"type": "dtl", "rules": {rules}}}"#), vec!["a in a lookup"]),
        (
            "a chain",
            format!(r#"[{{"type": "emit_children"}}, {{"type": "dtl", "rules": {rules}}}]"#),
            vec!["a in a lookup"],
        ),
        (
            "a chain as the node writes it",
            format!(
                r#"{{"type": "chained", "transforms": [{{"type": "emit_children"}}, {{"type": "dtl", "rules": {rules}}}]}}"#
            ),
            vec!["a in a lookup"],
        ),
        (
            "a chain in a chain",
            format!(
                r#"[{{"type": "chained", "transforms": [{{"type": "chained", "transforms": [{{"type": "dtl", "rules": {rules}}}]}}]}}]"#
            ),
            vec!["a in a lookup"],
        ),
        (
            "a chain in a conditional",
            format!(
                r#"{{"type": "conditional", "alternatives": {{"x": {{"type": "chained", "transforms": [{{"type": "dtl", "rules": {rules}}}]}}}}}}"#
            ),
            vec!["a in a lookup"],
        ),
        (
            "a chain in conditional properties",
            format!(
                r#"{{"type": "chained", "$conditional_properties": {{"alternatives": {{"x": {{"transforms": [{{"type": "dtl", "rules": {rules}}}]}}}}}}}}"#
            ),
            vec!["a in a lookup"],
        ),
        (
            "conditional",
            format!(
                r#"{{"type": "conditional", "alternatives": {{"x": [{{"type": "dtl", "rules": {rules}}}]}}}}"#
            ),
            vec!["a in a lookup"],
        ),
        (
            "template",
            format!(
                r#"{{"type": "template", "template": "transform-share-rest", "properties": {{"share_dataset": "s", "rules": {rules}}}}}"#
            ),
            vec!["s as its share dataset", "a in a lookup"],
        ),
        ("rest", r#"{"type": "rest", "system": "no"}"#.to_owned(), vec![]),
    ];
    for (form, transform, expected) in cases {
        assert_reads(
            form,
            &format!(r#""source": {{"type": "embedded"}}, "transform": {transform}"#),
            &expected,
        );
    }
}

#[test]
fn sinks_write_what_they_name_or_the_pipes_own_dataset_or_nothing() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["p"]),
        (r#", "sink": {"set_initial_offset": "onload"}"#, &["p"]),
        (r#", "sink": {"dataset": "d"}"#, &["d"]),
        (r#", "sink": {"type": "dataset"}"#, &["p"]),
        (r#", "sink": {"type": "dataset", "dataset": "d"}"#, &["d"]),
        (r#", "sink": {"type": "replicated_dataset", "dataset": "d"}"#, &["d"]),
        (r#", "sink": {"type": "http_endpoint"}"#, &[]),
        (r#", "sink": {"type": "csv_endpoint"}"#, &[]),
        (r#", "sink": {"type": "rest", "system": "s"}"#, &[]),
        (r#", "sink": {"type": "null"}"#, &[]),
        (
            r#", "sink": {"type": "conditional", "alternatives": {"a": {"type": "dataset"}, "b": {"type": "null"},
                "c": {"type": "dataset", "dataset": "d"}, "e": {"type": "dataset"}}}"#,
            &["p", "d"],
        ),
        (
            r#", "sink": {"type": "dataset", "$conditional_properties": {"alternatives": {"a": {"dataset": "d"}, "b": {"dataset": "e"}}}}"#,
            &["d", "e"],
        ),
        (
            r#", "sink": {"type": "dataset", "$conditional_properties": {"alternatives": {"a": {"dataset": "d"}, "b": {}}}}"#,
            &["d", "p"],
        ),
        (
            r#", "sink": {"$conditional_properties": {"alternatives": {"a": {"type": "json"}, "b": {"type": "null"}}}}"#,
            &[],
        ),
        (
            r#", "$conditional_properties": {"alternatives": {"a": {"sink": {"type": "json"}}, "b": {}}}"#,
            &["p"],
        ),
        (
            r#", "$conditional_properties": {"alternatives": {"a": {"sink": {"type": "json"}}, "b": {"sink": {"type": "dataset", "dataset": "d"}}}}"#,
            &["d"],
        ),
        (r#", "sink": {"type": "json"}, "pump": {"dead_letter_dataset": "dead"}"#, &["dead"]),
        (r#", "sink": {"type": "json"}, "pump": {"use_dead_letter_dataset": true}"#, &[]),
    ];
    for (sink, expected) in cases {
        let text = format!(r#"{{"_id": "p", "type": "pipe", "source": {{"type": "embedded"}}{sink}}}"#);
        assert_eq!(flow(&text, &Variables::default()).1, *expected, "{sink}");
    }
}

#[test]
fn a_pipe_is_what_moves_data() {
    let cases = [
        (r#"{"_id": "p", "type": "pipe", "short_config": "sql://s/t"}"#, true),
        (
            r#"{"_id": "p", "$conditional_properties": {"alternatives": {"a": {"source": {"type": "embedded"}}}}}"#,
            true,
        ),
        (r#"{"_id": "p", "source": {"type": "embedded"}}"#, true),
        (r#"{"_id": "s", "type": "system:url"}"#, false),
        (r#"{"_id": "node", "type": "metadata"}"#, false),
    ];
    for (text, expected) in cases {
        let entities = [entity(text)];
        let flow = Flow::of(&entities, LinkRule::Full, &Variables::default());
        assert_eq!(!flow.pipes.is_empty(), expected, "{text}");
    }
}

#[test]
fn names_of_datasets_are_read_with_the_nodes_variables() {
    let known = r#"{"ds": "a", "pair": "a x", "list": ["a x", "b y"], "number": 7, "end": "rders"}"#;
    let source = |source: &str| format!(r#""source": {source}"#);
    let rule = |expression: &str| {
        format!(
            r#""source": {{"type": "embedded"}}, "transform": {{"type": "dtl", "rules": {{"default": [["add", "x", {expression}]]}}}}"#
        )
    };
    let cases: &[(&str, String, &[&str])] = &[
        ("whole", source(r#"{"type": "dataset", "dataset": "$ENV(ds)"}"#), &["a"]),
        (
            "part of a name",
            source(r#"{"type": "dataset", "dataset": "o$ENV(end)-$ENV(number)"}"#),
            &["orders-7"],
        ),
        ("in a list", source(r#"{"type": "union_datasets", "datasets": ["$ENV(ds)", "b"]}"#), &["a", "b"]),
        (
            "with an alias",
            source(r#"{"type": "merge", "datasets": ["$ENV(ds) x", "b-$ENV(ds) y"]}"#),
            &["a", "b-a"],
        ),
        ("with an alias of its own", source(r#"{"type": "merge", "datasets": ["$ENV(pair)"]}"#), &["a"]),
        ("a whole list", source(r#"{"type": "merge", "datasets": "$ENV(list)"}"#), &["a", "b"]),
        ("in a hop", rule(r#"["hops", {"datasets": ["$ENV(ds) x"]}]"#), &["a in a hop"]),
        ("in a lookup", rule(r#"["lookup-entity", "$ENV(ds)", "1"]"#), &["a in a lookup"]),
        ("in a reference", rule(r#"["lookup", "~rsesam:$ENV(ds)/1"]"#), &["a in a lookup"]),
        (
            "share dataset",
            r#""transform": {"type": "template", "properties": {"share_dataset": "$ENV(ds)"}}"#.to_owned(),
            &["a as its share dataset"],
        ),
    ];
    for (form, members, expected) in cases {
        let text = format!(r#"{{"_id": "p", "type": "pipe", {members}}}"#);
        let (inputs, _, notes) = flow(&text, &variables(known));
        assert_eq!(
            (inputs, notes.len()),
            (expected.iter().map(|name| (*name).to_owned()).collect(), 0),
            "{form}"
        );
    }
    let written: &[(&str, &[&str])] = &[
        (r#"{"_id": "p", "type": "pipe", "sink": {"type": "dataset", "dataset": "$ENV(ds)"}}"#, &["a"]),
        (r#"{"_id": "p-$ENV(number)", "type": "pipe"}"#, &["p-7"]),
        (r#"{"_id": "p", "type": "pipe", "pump": {"dead_letter_dataset": "$ENV(ds)"}}"#, &["p", "a"]),
    ];
    for (text, expected) in written {
        assert_eq!(flow(text, &variables(known)).1, *expected, "{text}");
    }
}

#[test]
fn a_name_that_cannot_be_resolved_is_a_warning_with_its_place() {
    let text = "{\"_id\": \"p\", \"type\": \"pipe\", \"source\": {\"type\": \"union_datasets\", \"datasets\": [\n  \"x-$ENV(gone)\",\n  \"$ENV(object)\",\n  \"$SECRET(s)\"]}}";
    let (inputs, _, notes) = flow(text, &variables(r#"{"object": {}}"#));
    assert_eq!(inputs, ["x-$ENV(gone)", "$ENV(object)", "$SECRET(s)"]);
    let notes: Vec<String> =
        notes.iter().map(|note| format!("{} {}", note.places[0], note.message)).collect();
    let expected = [
        "p.json:4:4 a secret is part of the name of a dataset",
        "p.json:2:6 variable `gone` names a dataset and is not defined",
        "p.json:3:4 variable `object` is an object, not the name of a dataset",
    ];
    assert_eq!(notes.len(), expected.len(), "{notes:?}");
    for (note, expected) in notes.iter().zip(expected) {
        assert!(note.starts_with(expected), "{note}");
    }
}

#[test]
fn the_original_reads_no_variables_and_only_two_kinds_of_sources() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{"type": "dataset", "dataset": "$ENV(ds)"}"#, &["$ENV(ds)"]),
        (r#"{"type": "merge", "datasets": ["a x", "b y"]}"#, &["a", "b"]),
        (r#"{"type": "union_datasets", "datasets": ["a"]}"#, &[]),
        (r#"{"type": "conditional", "alternatives": {"x": {"type": "dataset", "dataset": "a"}}}"#, &[]),
    ];
    for (source, expected) in cases {
        let entities = [entity(&format!(r#"{{"_id": "p", "source": {source}}}"#))];
        let flow = Flow::of(&entities, LinkRule::Seed, &variables(r#"{"ds": "a"}"#));
        let inputs: Vec<&str> = flow.pipes[0].inputs.iter().map(|input| &*input.dataset).collect();
        assert_eq!(inputs, *expected, "{source}");
    }
}
