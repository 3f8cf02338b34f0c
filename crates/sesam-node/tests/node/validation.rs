//! What the node has against an entity, and what it makes of one that is well.

use serde_json::{Value, json};
use sesam_node::{MissingName, Node, Switches};

use crate::support::{TOKEN, call, get};

/// Elements, level and a word of the message of each issue a pipe raises beside a dataset `d` and a system `s`.
async fn issues_of(more: Value) -> Vec<(String, String, String)> {
    issues_with(Switches::default(), more).await
}

async fn issues_with(switches: Switches, more: Value) -> Vec<(String, String, String)> {
    let mut pipe = json!({"_id": "p", "source": {"type": "empty"}, "type": "pipe"});
    pipe.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let node = Node::builder().jwt(TOKEN).switches(switches).build().unwrap();
    call(&node, "PUT /env", json!({"env": "prod", "on": true, "list": ["x y"]})).await;
    let others = [
        json!({"_id": "writer", "sink": {"dataset": "d"}, "source": {"type": "empty"}, "type": "pipe"}),
        json!({"_id": "s", "type": "system:url"}),
        pipe,
    ];
    let report = call(&node, "PUT /config?force=true", json!(others)).await.json();
    let reports = report["validation_errors"].as_array().unwrap().iter();
    let issues = reports.flat_map(|report| {
        assert_eq!(report["posted-config"]["_id"], "p");
        report["config-errors"].as_array().unwrap().clone()
    });
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    issues.map(|issue| (text(&issue["elements"]), text(&issue["level"]), text(&issue["msg"]))).collect()
}

#[tokio::test]
async fn each_check_points_at_its_element() {
    let hops = json!(["hops", {"datasets": ["d x"], "where": []}]);
    for (name, more, expected) in [
        ("well", json!({}), vec![]),
        ("unknown source", json!({"source": {"type": "embeddded"}}), vec![("$['source']['type']", "error")]),
        ("source without type", json!({"source": {}}), vec![("$['source']", "error")]),
        ("source no object", json!({"source": "x"}), vec![("$['source']", "error")]),
        ("property missing", json!({"source": {"type": "dataset"}}), vec![("$['source']", "error")]),
        (
            "property of a wrong shape",
            json!({"source": {"type": "merge", "datasets": [1]}}),
            vec![("$['source']['datasets']", "error")],
        ),
        ("unknown sink", json!({"sink": {"type": "x"}}), vec![("$['sink']['type']", "error")]),
        (
            "unknown transform",
            json!({"transform": [{"type": "lower_keys"}, {"type": "x"}]}),
            vec![("$['transform'][1]['type']", "error")],
        ),
        (
            "unknown system",
            json!({"sink": {"type": "rest", "system": "gone"}}),
            vec![("$['sink']['system']", "error")],
        ),
        (
            "known systems",
            json!({"source": {"type": "sql", "system": "s"}, "sink": {"system": "system:sesam-node"}}),
            vec![],
        ),
        (
            "missing dataset",
            json!({"source": {"type": "merge", "datasets": ["d a", "gone b"]}}),
            vec![("$['source']['datasets'][1]", "warning")],
        ),
        ("own dataset", json!({"source": {"type": "dataset", "dataset": "p"}}), vec![]),
        ("no rules", json!({"transform": {"type": "dtl"}}), vec![("$['transform']", "error")]),
        (
            "no default",
            json!({"transform": {"type": "dtl", "rules": {"other": []}}}),
            vec![("$['transform']['rules']", "error")],
        ),
        (
            "rule no list",
            json!({"transform": {"type": "dtl", "rules": {"default": {}}}}),
            vec![("$['transform']['rules']['default']", "error")],
        ),
        ("hops first", json!({"transform": [{"type": "dtl", "rules": {"default": [hops]}}]}), vec![]),
        (
            "hops later",
            json!({"transform": [{"type": "dtl", "rules": {"default": []}}, {"type": "dtl", "rules": {"default": [["add", "x", hops]]}}]}),
            vec![("$['transform'][1]['rules']['default'][0][2]", "warning")],
        ),
        (
            "apply of hops",
            json!({"transform": {"type": "dtl", "rules": {"default": [["apply", "r", "_S."]], "r": [hops]}}}),
            vec![("$['transform']['rules']['default'][0]", "error")],
        ),
        (
            "apply of none",
            json!({"transform": {"type": "dtl", "rules": {"default": [["apply", "r", "_S."]], "r": [["literal", hops]]}}}),
            vec![],
        ),
        ("metadata no object", json!({"metadata": 1}), vec![("$['metadata']", "error")]),
        (
            "sink dataset with a slash",
            json!({"sink": {"dataset": "a/b"}}),
            vec![("$['sink']['dataset']", "error")],
        ),
        ("missing variable", json!({"x": {"y'z": ["$ENV(gone)"]}}), vec![("$['x']['y\\'z'][0]", "error")]),
        (
            "conditional source",
            json!({"source": {"type": "conditional", "condition": "$ENV(env)", "alternatives": {"prod": {"type": "x"}, "test": {"type": "y"}}}}),
            vec![("$['source']['alternatives']['prod']['type']", "error")],
        ),
        (
            "no alternative",
            json!({"source": {"type": "conditional", "condition": "$ENV(env)", "alternatives": {"test": {"type": "empty"}}}}),
            vec![("$['source']", "error")],
        ),
        (
            "conditional properties",
            json!({"$conditional_properties": {"condition": "$ENV(on)", "alternatives": {"true": {"source": {"type": "x"}}}}}),
            vec![("$['$conditional_properties']['alternatives']['true']['source']['type']", "error")],
        ),
        (
            "conditional id",
            json!({"$conditional_properties": {"condition": "$ENV(on)", "alternatives": {"true": {"_id": "q"}}}}),
            vec![("$['$conditional_properties']['alternatives']['true']['_id']", "error")],
        ),
        (
            "conditional properties in a transform",
            json!({"transform": {"type": "lower_keys", "$conditional_properties": {"condition": "x", "alternatives": {}}}}),
            vec![("$['transform']['$conditional_properties']", "error")],
        ),
        (
            "conditional properties as data",
            json!({"source": {"type": "embedded", "entities": [{"_id": "e", "$conditional_properties": 1}]}}),
            vec![],
        ),
    ] {
        let found = issues_of(more).await;
        let found: Vec<(&str, &str)> =
            found.iter().map(|(elements, level, _)| (elements.as_str(), level.as_str())).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn messages_say_what_is_wrong() {
    let unknown = issues_of(json!({"source": {"type": "embeddded"}})).await;
    assert!(unknown[0].2.starts_with("'embeddded' is not one of ['@function', "), "{}", unknown[0].2);
    let system = issues_of(json!({"source": {"type": "sql", "system": "gone"}})).await;
    assert_eq!(system[0].2, "Unknown component id 'gone' of type 'system'.");
}

#[tokio::test]
async fn missing_variables_by_switch() {
    for (reading, level) in [
        (MissingName::Error, Some("error")),
        (MissingName::Warning, Some("warning")),
        (MissingName::Ignored, None),
    ] {
        let switches = Switches { missing_variable: reading, ..Switches::default() };
        let found = issues_with(switches, json!({"x": "$ENV(gone)"})).await;
        assert_eq!(found.first().map(|(_, level, _)| level.as_str()), level);
    }
}

#[tokio::test]
async fn other_kinds() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    for (entity, elements) in [
        (json!({"_id": "x"}), "$"),
        (json!({"_id": "x", "type": "system:nothing"}), "$['type']"),
        (json!({"_id": "x", "type": "endpoint"}), "$['type']"),
        (json!({"_id": "x", "type": "metadata"}), "$['_id']"),
        (json!({"_id": "x", "type": "system:microservice"}), "$"),
        (json!({"_id": "node", "global_defaults": [], "type": "metadata"}), "$['global_defaults']"),
        (json!({"_id": "x", "type": "pipe"}), "$"),
    ] {
        let report = call(&node, "PUT /config", json!([entity])).await.json();
        let report = &report["validation_errors"][0];
        assert_eq!(report["config-errors"][0]["elements"], elements, "{entity}");
        assert_eq!(report["json-schema"]["type"], "object");
    }
}

#[tokio::test]
async fn effective_configuration() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    call(&node, "PUT /env", json!({"env": "prod", "port": 80, "obj": {"a": "$ENV(env)"}})).await;
    let pipe = json!({
        "_id": "p",
        "type": "pipe",
        "batch_size": "$ENV(port)",
        "description": "$ENV(env):$ENV(port)",
        "comment": "$ENV(obj)",
        "source": {
            "type": "conditional", "condition": "$ENV(env)",
            "alternatives": {"prod": {"type": "dataset", "dataset": "d-$ENV(env)"}, "test": {"type": "empty"}},
        },
        "transform": [{"type": "dtl", "rules": {"default": [
            ["add", "x", ["hops", {"datasets": ["h a"], "where": []}]],
            ["add", "y", ["lookup-entity", "l", "id"]],
            ["add", "z", ["literal", ["lookup-entity", "not", "id"]]],
        ]}}],
        "metadata": {"$conditional_properties": {"condition": "$ENV(env)", "alternatives": {"prod": {
            "tags": ["a"],
            "$conditional_properties": {"condition": "$ENV(port)", "alternatives": {"80": {"tags": ["b"]}}},
        }}}},
    });
    call(&node, "PUT /config", json!([pipe, {"_id": "short", "short_config": "sql://s/t", "type": "pipe"}]))
        .await;
    assert_eq!(call(&node, "POST /systems", json!([{"_id": "s", "type": "system:mysql"}])).await.status, 201);
    call(&node, "PUT /config?force=true", json!([pipe, {"_id": "short", "short_config": "sql://s/t", "type": "pipe"}, {"_id": "s", "type": "system:mysql"}])).await;
    let envelope = get(&node, "/pipes/p?fields=config,runtime,graph").await;
    assert_eq!(envelope["config"]["original"], pipe);
    let effective = &envelope["config"]["effective"];
    assert_eq!(effective["batch_size"], 80);
    assert_eq!(effective["description"], "prod:80");
    assert_eq!(effective["comment"], json!({"a": "$ENV(env)"}), "a value is not searched again");
    assert_eq!(
        effective["source"],
        json!({"dataset": "d-prod", "system": "system:sesam-node", "type": "dataset"})
    );
    assert_eq!(
        effective["sink"],
        json!({"dataset": "p", "system": "system:sesam-node", "track_children": false, "type": "dataset"})
    );
    assert_eq!(effective["transform"]["transforms"][0]["type"], "dtl");
    assert_eq!(effective["metadata"], json!({"tags": ["b"]}));
    assert_eq!(effective["pump"], json!({"_id": "pump:p", "schedule_interval": 30.0, "type": "datasync"}));
    assert_eq!(envelope["runtime"]["dependencies"], json!(["h", "l"]));
    let short = get(&node, "/pipes/short").await;
    assert_eq!(short["config"]["effective"]["source"], json!({"system": "s", "table": "t", "type": "sql"}));
    assert_eq!(short["runtime"]["is-valid-config"], true);
    assert_eq!(node.state().effective("short").unwrap()["sink"]["dataset"], "short");
}
