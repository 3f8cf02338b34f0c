//! One table of faults for both judges: the checks of the program and the embedded node.

use deployer_core::document::SourceText;
use deployer_core::error::Level;
use deployer_core::model::{NodeName, Variables};
use deployer_testkit::engine::stages::{Protection, Share, Strictness, read_entities, validate};
use serde_json::{Value, json};
use sesam_node::Node;

use crate::support::{TOKEN, call, send};

const VARIABLES: &str = r#"{"env": "prod", "ds": "d", "list": ["d x", "gone y"], "kind": "dtaset"}"#;

/// A fault: the entity, its place on the node, its place in the file, and the message of the program. `error` or `warning` comes first.
struct Row {
    entity: &'static str,
    on_node: &'static str,
    in_file: &'static str,
    message: &'static str,
}

const fn row(
    entity: &'static str,
    on_node: &'static str,
    in_file: &'static str,
    message: &'static str,
) -> Row {
    Row { entity, on_node, in_file, message }
}

/// Entities with one fault each, beside a pipe `writer` with dataset `d`, a pipe `failing` and a system `crm`.
const FAULTS: &[Row] = &[
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "dtaset", "dataset": "d"}}"#,
        "$['source']['type']",
        "p.json:1:49",
        "error: pipe p: unknown source type \"dtaset\"; did you mean \"dataset\"?",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "$ENV(kind)", "dataset": "d"}}"#,
        "$['source']['type']",
        "p.json:1:49",
        "error: pipe p: unknown source type \"dtaset\"; did you mean \"dataset\"?",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "sink": {"type": "dastaset"}}"#,
        "$['sink']['type']",
        "p.json:1:76",
        "error: pipe p: unknown sink type \"dastaset\"; did you mean \"dataset\"?",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "transform": [{"type": "dlt", "rules": {"default": []}}]}"#,
        "$['transform'][0]['type']",
        "p.json:1:82",
        "error: pipe p: unknown transform type \"dlt\"; did you mean \"dtl\"?",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "transform": {"type": "chained", "transforms": [{"type": "emit_childen"}]}}"#,
        "$['transform']['transforms'][0]['type']",
        "p.json:1:116",
        "error: pipe p: unknown transform type \"emit_childen\"; did you mean \"emit_children\"?",
    ),
    row(
        r#"{"_id": "p", "type": "system:postgres"}"#,
        "$['type']",
        "p.json:1:22",
        "error: system p: unknown system type \"system:postgres\"; did you mean \"system:postgresql\"?",
    ),
    row(
        r#"{"_id": "p", "type": "piep"}"#,
        "$['type']",
        "p.json:1:22",
        "error: entity p: unknown type \"piep\"; did you mean \"pipe\"?",
    ),
    row(r#"{"_id": "p", "type": "pipe"}"#, "$", "p.json:1:1", "error: pipe p: missing property `source`"),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset"}}"#,
        "$['source']",
        "p.json:1:40",
        "error: pipe p: missing property `dataset`",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "merge", "datasets": [1]}}"#,
        "$['source']['datasets']",
        "p.json:1:70",
        "error: pipe p: `datasets` must be a list of strings",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "pump": {"schedule_interval": "often"}}"#,
        "$['pump']['schedule_interval']",
        "p.json:1:89",
        "error: pipe p: `schedule_interval` must be a number",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "sink": []}"#,
        "$['sink']",
        "p.json:1:67",
        "error: pipe p: the sink must be an object",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "sql", "system": "crmm", "table": "t"}}"#,
        "$['source']['system']",
        "p.json:1:66",
        "error: pipe p: system \"crmm\" does not exist on node master; did you mean \"crm\"?",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "conditional", "condition": "$ENV(env)", "alternatives": {"prod": {"type": "rest", "system": "crn"}, "test": {"type": "x"}}}}"#,
        "$['source']['alternatives']['prod']['system']",
        "p.json:1:142",
        "error: pipe p: system \"crn\" does not exist on node master; did you mean \"crm\"?",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "conditional", "condition": "$ENV(env)", "alternatives": {"test": {"type": "empty"}}}}"#,
        "$['source']",
        "p.json:1:40",
        "error: pipe p: no alternative for condition value \"prod\"",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "transform": {"type": "dtl", "rules": {"main": []}}}"#,
        "$['transform']['rules']",
        "p.json:1:97",
        "error: pipe p: the DTL rules have no rule `default`",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "dd"}}"#,
        "$['source']['dataset']",
        "p.json:1:71",
        "warning: no pipe of node master writes dataset \"dd\"",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "merge", "datasets": "$ENV(list)"}}"#,
        "$['source']['datasets']",
        "p.json:1:70",
        "warning: no pipe of node master writes dataset \"gone\"",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "system:pump:gone"}}"#,
        "$['source']['dataset']",
        "p.json:1:71",
        "warning: no pipe of node master writes dataset \"system:pump:gone\"",
    ),
    row(
        r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "$conditional_properties": {"condition": "$ENV(env)", "alternatives": {}}}"#,
        "$['$conditional_properties']",
        "p.json:1:86",
        "warning: pipe p: no alternative for condition value \"prod\"",
    ),
];

/// Entities without a fault.
const VALID: &[&str] = &[
    r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "$ENV(ds)"}}"#,
    r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "system:pump:writer"}}"#,
    r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "system:dead-letter:failing"}}"#,
    r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "letters"}}"#,
    r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "system:config"}}"#,
    r#"{"_id": "p", "type": "pipe", "source": {"type": "embedded", "entities": [{"$conditional_properties": 1}], "system": "gone"}}"#,
    r#"{"_id": "p", "type": "pipe", "source": {"type": "sql", "system": "crm"}, "batch_size": "100", "pump": {"schedule_interval": null}}"#,
    r#"{"_id": "p", "type": "pipe", "source": {"type": "empty"}, "transform": {"type": "conditional", "condition": "prod", "alternatives": {"prod": {"type": "chained", "transforms": [{"type": "emit_children"}]}}}}"#,
    r#"{"_id": "p", "type": "pipe", "short_config": "sql://crm/table"}"#,
    r#"{"_id": "p", "type": "system:null"}"#,
];

/// The other entities of the node.
fn others() -> [Value; 3] {
    [
        json!({"_id": "writer", "type": "pipe", "source": {"type": "empty"}, "sink": {"dataset": "d"}}),
        json!({"_id": "failing", "type": "pipe", "source": {"type": "empty"},
            "pump": {"use_dead_letter_dataset": true, "dead_letter_dataset": "letters"}}),
        json!({"_id": "crm", "type": "system:url"}),
    ]
}

/// The findings of the program: place and message.
fn program(entity: &str) -> Vec<(String, String)> {
    let mut files: Vec<SourceText> =
        others().iter().map(|other| SourceText::new("others.json", other.to_string())).collect();
    files.push(SourceText::new("p.json", entity));
    let read = read_entities(&files, Strictness::Strict);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let source = SourceText::new("v.json", VARIABLES);
    let variables = Variables::from_document(&source.parse().unwrap().root, &source).unwrap();
    let (node, protected) = (NodeName::master(), Protection::default());
    let share = Share {
        node: &node,
        entities: &read.entities,
        variables: &variables,
        is_complete: true,
        protected: &protected,
    };
    let (problems, notes) = validate(&share, Strictness::Strict);
    let problems = problems.iter().map(|error| {
        let hint = error.hints().first().filter(|hint| hint.starts_with("did you mean"));
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        (error.places()[0].to_string(), format!("error: {}{hint}", error.message()))
    });
    let notes = notes.iter().map(|note| {
        assert_eq!(note.level, Level::Warning);
        (note.places[0].to_string(), format!("warning: {}", note.message))
    });
    problems.chain(notes).collect()
}

/// The findings of the node: place and level.
async fn node(entity: &str) -> Vec<(String, String)> {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    let json = [("content-type", "application/json")];
    assert_eq!(send(&node, "PUT /env", &json, VARIABLES).await.status, 200);
    let mut entities = others().to_vec();
    entities.push(serde_json::from_str(entity).unwrap());
    let report = call(&node, "PUT /config?force=true", json!(entities)).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let reports = report["validation_errors"].as_array().unwrap().iter();
    reports
        .flat_map(|report| report["config-errors"].as_array().unwrap())
        .map(|issue| (text(&issue["elements"]), text(&issue["level"])))
        .collect()
}

#[tokio::test]
async fn the_program_and_the_node_find_the_same_faults() {
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let level = fault.message.split(':').next().unwrap();
        let by_program = program(fault.entity);
        let by_node = node(fault.entity).await;
        if by_program != [(fault.in_file.to_owned(), fault.message.to_owned())]
            || by_node != [(fault.on_node.to_owned(), level.to_owned())]
        {
            wrong.push(format!("{}\n  program: {by_program:?}\n  node: {by_node:?}", fault.entity));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for entity in VALID {
        assert_eq!(program(entity), [], "{entity}");
        assert_eq!(node(entity).await, [], "{entity}");
    }
}

#[test]
fn values_with_undefined_variables_are_not_checked() {
    for entity in [
        r#"{"_id": "p", "type": "pipe", "source": {"type": "$ENV(no)"}}"#,
        r#"{"_id": "p", "type": "pipe", "source": "$ENV(no)"}"#,
        r#"{"_id": "p", "type": "pipe", "source": {"type": "sql", "system": "$ENV(no)-crm"}}"#,
        r#"{"_id": "p", "type": "pipe", "source": {"type": "merge", "datasets": ["$ENV(no) a"]}}"#,
        r#"{"_id": "p", "type": "pipe", "source": {"type": "conditional", "condition": "$ENV(no)", "alternatives": {}}}"#,
        r#"{"_id": "p", "type": "pipe", "$conditional_properties": {"condition": "$ENV(no)", "alternatives": {"a": {}}}}"#,
        r#"{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "gone"}, "sink": {"dataset": "$ENV(no)"}}"#,
    ] {
        assert_eq!(program(entity), [], "{entity}");
    }
}
