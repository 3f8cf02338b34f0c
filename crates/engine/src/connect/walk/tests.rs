//! One case for each form that Sesam documents.

use super::*;
use crate::stages::{Strictness, read_entities};
use deployer_core::document::SourceText;

fn entity(text: &str) -> Entity {
    let mut read = read_entities(&[SourceText::new("p.json", text)], Strictness::Strict);
    assert!(read.problems.is_empty(), "{text}: {:?}", read.problems);
    read.entities.remove(0)
}

/// What an entity reads, each with its way in words.
fn read(text: &str) -> Vec<String> {
    let entity = entity(text);
    inputs(&entity).iter().map(|input| format!("{}{}", input.dataset, input.way.words())).collect()
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
        let entity =
            entity(&format!(r#"{{"_id": "p", "type": "pipe", "source": {{"type": "embedded"}}{sink}}}"#));
        assert_eq!(outputs(&entity), *expected, "{sink}");
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
        assert_eq!(is_pipe(&entity(text)), expected, "{text}");
    }
}
