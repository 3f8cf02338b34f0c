//! Who judges each route: Sesam's official Python client, or Sesam's published OpenAPI description.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{TOKEN, call, get, send};
use deployer_testkit::{python, shared_dir, skip_or_fail};
use serde_json::{Value, json};
use sesam_node::Node;

/// The judge of a route.
#[derive(Debug, PartialEq, Eq)]
enum Judge {
    /// `official_client.py` calls it and checks what comes back.
    Client,
    /// Its answer has the schema of the OpenAPI description.
    Description,
    /// Neither knows it; the named test of this file does.
    Test(&'static str),
}

use Judge::{Client, Description, Test};

/// The routes a deployment tool needs of a node.
const ROUTES: &[(&str, Judge)] = &[
    ("GET /", Client),
    ("GET /config", Client),
    ("PUT /config", Client),
    ("GET /config/{group}", Client),
    ("PUT /config/{group}", Client),
    ("GET /config-all", Client),
    ("PUT /config-all", Client),
    ("GET /config-history/entity", Client),
    ("GET /env", Client),
    ("PUT /env", Client),
    ("POST /env", Client),
    ("PATCH /env", Description),
    ("DELETE /env/{name}", Client),
    ("GET /secrets", Client),
    ("PUT /secrets", Client),
    ("POST /secrets", Client),
    ("DELETE /secrets/{name}", Client),
    ("GET /systems/{system}/secrets", Client),
    ("PUT /systems/{system}/secrets", Client),
    ("POST /systems/{system}/secrets", Client),
    ("DELETE /systems/{system}/secrets/{name}", Client),
    ("GET /pipes", Client),
    ("POST /pipes", Client),
    ("GET /pipes/{pipe}", Client),
    ("DELETE /pipes/{pipe}", Client),
    ("GET /pipes/{pipe}/config", Description),
    ("PUT /pipes/{pipe}/config", Client),
    ("GET /pipes/{pipe}/pump", Client),
    ("POST /pipes/{pipe}/pump", Client),
    ("GET /systems", Client),
    ("POST /systems", Client),
    ("GET /systems/{system}", Client),
    ("DELETE /systems/{system}", Client),
    ("GET /systems/{system}/config", Description),
    ("PUT /systems/{system}/config", Client),
    ("GET /status", Client),
    ("GET /health", Client),
    ("GET /license", Client),
    ("GET /ping", Client),
    ("GET /metadata", Client),
    ("PUT /metadata", Client),
    ("DELETE /metadata", Description),
    ("POST /utils/reformat-config", Test("formats_as_the_portal")),
    ("GET /pipes/get-pipe-runner-status", Client),
    ("GET /pipes/get-run-all-pipes-log", Client),
    ("POST /pipes/run-all-pipes", Client),
    ("POST /pipes/stop-run-all-pipes", Client),
    ("GET /publishers/{pipe}/{format}", Client),
    ("POST /receivers/{pipe}/entities", Client),
    ("POST /admin", Client),
    ("GET /namespaces", Client),
    ("GET /stats", Client),
    ("GET /datasets", Client),
];

/// Requests whose answers are held against the description, beside the route of the description.
const DESCRIBED: &[(&str, &str, u16)] = &[
    ("GET /", "/", 200),
    ("GET /config", "/config", 200),
    ("GET /config/one", "/config/{config-group}", 200),
    ("GET /config-all", "/config-all", 200),
    ("GET /config-history/entity?entity_id=p", "/config-history/entity", 200),
    ("GET /pipes", "/pipes", 200),
    ("GET /pipes?fields=runtime,graph&verbose=True", "/pipes", 200),
    ("GET /pipes/p", "/pipes/{pipe_id}", 200),
    ("GET /pipes/p/config", "/pipes/{pipe_id}/config", 200),
    ("PUT /pipes/p/config", "/pipes/{pipe_id}/config", 200),
    ("GET /pipes/p/pump", "/pipes/{pipe_id}/pump", 200),
    ("GET /pipes/p/entities", "/pipes/{pipe_id}/entities", 200),
    ("GET /pipes/p/log", "/pipes/{pipe_id}/log", 200),
    ("GET /systems", "/systems", 200),
    ("GET /systems/s", "/systems/{system_id}", 200),
    ("GET /systems/s/config", "/systems/{system_id}/config", 200),
    ("GET /systems/s/secrets", "/systems/{system_id}/secrets", 200),
    ("GET /systems/s/status", "/systems/{system_id}/status", 200),
    ("POST /systems/s/reload", "/systems/{system_id}/reload", 202),
    ("GET /datasets", "/datasets", 200),
    ("GET /datasets/p", "/datasets/{dataset_id}", 200),
    ("DELETE /datasets/p", "/datasets/{dataset_id}", 200),
    ("PATCH /env", "/env", 200),
    ("GET /secrets", "/secrets", 200),
    ("GET /health", "/health", 200),
    ("GET /ping", "/ping", 200),
    ("GET /license", "/license", 200),
    ("GET /namespaces", "/namespaces", 200),
    ("POST /receivers/p/entities", "/receivers/{pipe_id}/entities", 200),
    ("DELETE /metadata", "/metadata", 200),
];

/// A pipe that takes entities.
fn receiver() -> Value {
    json!({"_id": "p", "source": {"type": "http_endpoint"}, "type": "pipe"})
}

#[tokio::test]
async fn the_official_client_drives_the_node() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let python = match python::venv(&tests.join("requirements.txt")) {
        Ok(python) => python,
        Err(reason) => return skip_or_fail("the_official_client_drives_the_node", &reason),
    };
    let running =
        Node::builder().jwt(TOKEN).deploying_polls(1).build().unwrap().serve_locally().await.unwrap();
    let mut script = tokio::process::Command::new(python);
    let output =
        script.arg(tests.join("official_client.py")).arg(running.url()).arg(TOKEN).output().await.unwrap();
    running.stop().await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let called: BTreeSet<&str> = printed.lines().collect();
    let uncalled: Vec<_> =
        ROUTES.iter().filter(|(route, judge)| *judge == Client && !called.contains(route)).collect();
    assert!(uncalled.is_empty(), "the client did not call {uncalled:?}");
}

#[test]
fn every_route_has_a_judge() {
    let this_file = include_str!("service_api.rs");
    for (route, judge) in ROUTES {
        match judge {
            Client => {}
            Description => {
                let mut described = DESCRIBED.iter().map(|(request, ..)| request.replace("/p/", "/{pipe}/"));
                let is_checked = described.any(|request| request.replace("/s/", "/{system}/") == *route);
                assert!(is_checked, "{route} is not held against the description");
            }
            Test(name) => {
                assert!(this_file.contains(&format!("async fn {name}()")), "{route}: there is no {name}")
            }
        }
    }
}

#[tokio::test]
async fn answers_have_the_published_schemas() {
    let Some(shared) = shared_dir() else {
        return skip_or_fail(
            "answers_have_the_published_schemas",
            "the folder of shared references is missing",
        );
    };
    let text = std::fs::read_to_string(shared.join("reference/swagger_public.yaml")).unwrap();
    let description: Value = serde_saphyr::from_str(&text).unwrap();
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    let system = json!({"_id": "s", "type": "system:url"});
    node.set_config("", vec![receiver(), system, json!({"_id": "node", "type": "metadata"})]).unwrap();
    node.set_config("one", vec![json!({"_id": "other", "source": {"type": "what"}, "type": "pipe"})])
        .unwrap();
    node.set_secret(Some("s"), "name", "value").unwrap();
    for (request, path, status) in DESCRIBED {
        let method = request.split(' ').next().unwrap().to_lowercase();
        let body = match *request {
            "PUT /pipes/p/config" => receiver(),
            "PATCH /env" => json!({"a": 1}),
            "POST /receivers/p/entities" => json!([]),
            _ => Value::Null,
        };
        let answered = call(&node, request, body).await;
        assert_eq!(answered.status.as_u16(), *status, "{request}: {}", answered.text());
        let responses = &description["paths"][path][&method]["responses"];
        let response = &responses[status.to_string()];
        assert!(response.is_object(), "the description has no {method} {path} with {status}");
        let mut faults = Vec::new();
        check(&description, &response["schema"], &answered.json(), "$", &mut faults);
        assert!(faults.is_empty(), "{request}: {faults:?} in {}", answered.text());
    }
}

/// The part of JSON schema the description uses.
fn check(description: &Value, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target =
            description.pointer(reference.trim_start_matches('#')).expect("the reference leads somewhere");
        return check(description, target, value, path, faults);
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some(other) => panic!("the type {other} is not known here"),
        None => true,
    };
    if !fits {
        faults.push(format!("{path} is not of type {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
        faults.push(format!("{path} is not one of {}", schema["enum"]));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(description, part, value, path, faults);
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            faults.push(format!("{path} has no {name}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(property) => check(description, property, member, &format!("{path}.{name}"), faults),
            None if schema["additionalProperties"] == false => faults.push(format!("{path} has a {name}")),
            None => {}
        }
    }
    for element in value.as_array().into_iter().flatten() {
        check(description, &schema["items"], element, &format!("{path}[]"), faults);
    }
}

#[tokio::test]
async fn formats_as_the_portal() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    let document = r#"{"z":[{"b":1},[2]],"type":"pipe","_id":"p","n":12345678901234567890123,"f":1e3}"#;
    let answered = send(&node, "POST /utils/reformat-config", &[], document).await;
    assert_eq!(
        answered.text(),
        "{\n  \"_id\": \"p\",\n  \"type\": \"pipe\",\n  \"f\": 1000.0,\n  \"n\": 12345678901234567890123,\n  \
         \"z\": [{\n    \"b\": 1\n  },\n    [2]\n  ]\n}\n"
    );
    assert_eq!(send(&node, "POST /utils/reformat-config", &[], "{").await.status, 400);
    let Some(shared) = shared_dir() else {
        return skip_or_fail("formats_as_the_portal", "the folder of shared references is missing");
    };
    let pairs = std::fs::read_to_string(shared.join("golden/format/pairs.jsonl")).unwrap();
    for pair in pairs.lines() {
        let pair: Value = serde_json::from_str(pair).unwrap();
        let (input, output) = (pair["in"].as_str().unwrap(), pair["out"].as_str().unwrap());
        let answered = send(&node, "POST /utils/reformat-config", &[], input.to_owned()).await;
        assert_eq!(answered.text(), output);
    }
}

#[tokio::test]
async fn the_root_answers_with_and_without_a_slash() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    assert_eq!(get(&node, "").await["status"]["developer_mode"], true);
    assert_eq!(get(&node, "/").await, get(&node, "?aggregated=false").await);
}
