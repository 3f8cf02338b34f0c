//! Running all pipes: what is copied, what is canned, and what is refused.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sesam_node::{Answers, Node, Switches};

use super::support::{TOKEN, call, get, send};

fn pipe(id: &str, source: Value, more: Value) -> Value {
    let mut pipe = json!({ "_id": id, "type": "pipe", "source": source });
    if let (Value::Object(pipe), Value::Object(more)) = (&mut pipe, more) {
        pipe.extend(more);
    }
    pipe
}

/// A node with a pipe of each kind.
fn node(answers: Answers) -> Node {
    let node = Node::builder().jwt(TOKEN).answers(answers).build().unwrap();
    let entities = json!([{ "_id": "1", "n": 10 }, { "_id": "2", "name": "Åse" }]);
    let dtl = json!({ "type": "dtl", "rules": { "default": [["copy", "*"]] } });
    let configuration = vec![
        pipe(
            "a-last",
            json!({ "type": "dataset", "dataset": "input" }),
            json!({ "sink": { "type": "json", "system": "out" } }),
        ),
        pipe("input", json!({ "type": "embedded", "entities": entities }), json!({})),
        pipe("posted", json!({ "type": "http_endpoint" }), json!({})),
        pipe(
            "served",
            json!({ "type": "dataset", "dataset": "posted" }),
            json!({ "sink": { "type": "http_endpoint" } }),
        ),
        pipe("changed", json!({ "type": "dataset", "dataset": "input" }), json!({ "transform": dtl })),
        pipe(
            "table",
            json!({ "type": "dataset", "dataset": "changed" }),
            json!({ "sink": { "type": "csv_endpoint" } }),
        ),
        json!({ "_id": "out", "type": "system:url", "url_pattern": "http://x/%s" }),
    ];
    node.set_config("", configuration).unwrap();
    node
}

async fn run(node: &Node) -> Value {
    let answered = call(node, "POST /pipes/run-all-pipes?delete_input_datasets=False", Value::Null).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
    answered.json()
}

async fn ids(node: &Node, pipe: &str) -> Vec<String> {
    let entities = get(node, &format!("/pipes/{pipe}/entities")).await;
    let ids = entities.as_array().unwrap().iter();
    ids.map(|entity| {
        format!(
            "{}{}",
            entity["_id"].as_str().unwrap(),
            if entity["_deleted"] == true { " gone" } else { "" }
        )
    })
    .collect()
}

#[tokio::test]
async fn pipes_without_a_transform_copy_and_nothing_is_there_before_a_run() {
    let node = node(Answers::default());
    assert!(ids(&node, "a-last").await.is_empty());
    assert_eq!(
        call(&node, "GET /publishers/served/entities", Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    let posted = json!([{ "_id": "7", "sum": 10.0 }]);
    assert_eq!(call(&node, "POST /receivers/posted/entities", posted).await.json(), json!({}));
    assert_eq!(run(&node).await, json!({ "status": "success" }));
    // The order of names is not the order of data.
    assert_eq!(ids(&node, "a-last").await, ["1", "2"]);
    let entity = get(&node, "/pipes/a-last/entities").await[0].clone();
    let names: Vec<&String> = entity.as_object().unwrap().keys().collect();
    assert_eq!(names, ["_deleted", "_hash", "_id", "_previous", "_ts", "_updated", "n"]);
    assert_eq!(call(&node, "GET /publishers/served/entities", Value::Null).await.json()[0]["sum"], 10.0);
    assert_eq!(get(&node, "/datasets/input").await["runtime"]["count-index-exists"], 2);
    let runtime = get(&node, "/pipes/input").await["runtime"].clone();
    assert_eq!((&runtime["success"], &runtime["last-message"]), (&json!(true), &json!("Pump finished.")));
}

#[tokio::test]
async fn pipes_without_a_transform_publish_csv_and_xml_and_refuse_what_is_not_documented() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    let entities = json!([{ "_id": "1", "name": "Åse", "<person>": "A & B" }]);
    let published = |id: &str, sink: Value| {
        pipe(id, json!({ "type": "dataset", "dataset": "input" }), json!({ "sink": sink }))
    };
    let configuration = vec![
        pipe("input", json!({ "type": "embedded", "entities": entities }), json!({})),
        published("table", json!({ "type": "csv_endpoint", "columns": ["_id", "name"] })),
        published("coded", json!({ "type": "csv_endpoint", "columns": ["_id"], "encoding": "latin-1" })),
        published("document", json!({ "type": "xml_endpoint", "wrapper": "people" })),
        published("sheet", json!({ "type": "excel_endpoint" })),
    ];
    node.set_config("", configuration).unwrap();
    let document = async |path: &str| call(&node, &format!("GET /publishers/{path}"), Value::Null).await;
    assert_eq!(document("table/csv").await.status, StatusCode::NOT_FOUND, "nothing is there before a run");
    run(&node).await;
    assert_eq!(document("table/csv?a=b").await.text(), "_id,name\r\n1,Åse\r\n");
    assert_eq!(
        document("document/xml").await.text(),
        "<people><person name=\"Åse\">A &amp; B</person></people>"
    );
    for (path, why) in [
        ("coded/csv", "the encoding \"latin-1\""),
        ("table/csv?since=1", "without the parameter `since`"),
        ("sheet/excel", "no document in the format excel"),
        ("table/xml", "does not publish 'xml'"),
    ] {
        let refused = document(path).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
        assert!(refused.text().contains(&why.replace('"', "\\\"")), "{path}: {}", refused.text());
    }
}

#[tokio::test]
async fn a_pipe_that_cannot_be_run_fails_and_outputs_nothing() {
    let node = node(Answers::default());
    run(&node).await;
    assert!(ids(&node, "changed").await.is_empty());
    let runtime = get(&node, "/pipes/changed").await["runtime"].clone();
    assert_eq!((&runtime["success"], &runtime["state"]), (&json!(false), &json!("failed")));
    assert!(runtime["last-message"].as_str().unwrap().contains("runs no DTL"), "{runtime}");
    let log = get(&node, "/pipes/changed/log?reverse=true&limit=1").await;
    assert_eq!(log[0]["event_type"], "pump-failed");
    assert!(log[0]["original_error_message"].as_str().unwrap().contains("runs no DTL"), "{log}");
    assert_eq!(get(&node, "/pipes/input/log").await[1]["entities_succeeded"], 2);
}

#[tokio::test]
async fn a_run_starts_from_nothing_unless_it_is_told_to_go_on() {
    let node = node(Answers::default());
    let post = async |ids: &[&str]| {
        let posted: Vec<Value> = ids.iter().map(|id| json!({ "_id": id })).collect();
        assert_eq!(
            call(&node, "POST /receivers/posted/entities", json!(posted)).await.status,
            StatusCode::OK
        );
    };
    post(&["1", "2"]).await;
    run(&node).await;
    assert_eq!(ids(&node, "served").await, ["1", "2"]);
    let go_on =
        "POST /pipes/run-all-pipes?reset_pipes_and_delete_sink_datasets=False&delete_input_datasets=True";
    assert_eq!(call(&node, go_on, Value::Null).await.status, StatusCode::OK);
    assert_eq!(ids(&node, "served").await, ["1 gone", "2 gone"], "what vanished is deleted");
    run(&node).await;
    assert!(ids(&node, "served").await.is_empty(), "a run starts from nothing");
    assert_eq!(ids(&node, "a-last").await, ["1", "2"]);
    for change in ["POST /pipes/delete-all-sink-datasets", "PUT /env"] {
        run(&node).await;
        let body = if change.starts_with("PUT") { json!({ "x": 1 }) } else { Value::Null };
        assert_eq!(call(&node, change, body).await.status, StatusCode::OK);
        assert!(ids(&node, "a-last").await.is_empty(), "{change} empties everything");
    }
}

#[tokio::test]
async fn a_canned_answer_is_served_as_it_is_while_nothing_upstream_changes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let raw = "[ {\"_id\": \"1\", \"n\": 1.0, \"big\": 12345678901234567890123} ]";
    write("entities/changed.json", raw);
    write("entities/changed@source.json", "[NaN");
    write("publishers/table.csv?sep=%3B", "a;b\r\n");
    let without = node(Answers::read(folder.path()).unwrap());
    run(&without).await;
    assert!(ids(&without, "changed").await.is_empty(), "an answer without a hash is not served");
    let hash = |runtime: &Value| {
        let message = runtime["last-message"].as_str().unwrap().to_owned();
        message.split("the hash ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    let changed = hash(&get(&without, "/pipes/changed").await["runtime"]);
    let refused = call(&without, "GET /publishers/table/csv?sep=%3B", Value::Null).await;
    let table = refused.text().split("the hash ").nth(1).unwrap()[..32].to_owned();
    write(
        "hashes.json",
        &json!({
            "entities/changed.json": changed,
            "entities/changed@source.json": changed,
            "publishers/table.csv?sep=%3B": table,
        })
        .to_string(),
    );

    let node = node(Answers::read(folder.path()).unwrap());
    assert_eq!(get(&node, "/").await["status"]["canned_answers"].as_array().unwrap().len(), 3);
    assert!(ids(&node, "changed").await.is_empty(), "nothing is served before a run");
    run(&node).await;
    assert_eq!(send(&node, "GET /pipes/changed/entities", &[], "").await.text(), raw);
    assert_eq!(send(&node, "GET /pipes/changed/entities?stage=source", &[], "").await.text(), "[NaN");
    assert_eq!(send(&node, "GET /publishers/table/csv?sep=%3B", &[], "").await.text(), "a;b\r\n");
    assert_eq!(call(&node, "GET /publishers/table/csv", Value::Null).await.status, StatusCode::NOT_FOUND);
    let mut entities = node.state().config("").to_vec();
    let input = entities.iter_mut().find(|entity| entity["_id"] == "input").unwrap();
    input["source"]["entities"][0]["n"] = json!(11);
    node.set_config("", entities).unwrap();
    run(&node).await;
    assert!(ids(&node, "changed").await.is_empty(), "its input changed");
}

#[tokio::test]
async fn a_run_can_be_waited_for_stopped_and_scripted() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"{"status": "failed", "seconds": 3600, "additional_info": "why", "log": ["one", "two"], "failing": {"input": "no"}}"#;
    std::fs::write(folder.path().join("run.json"), script).unwrap();
    let node = node(Answers::read(folder.path()).unwrap());
    let start =
        "POST /pipes/run-all-pipes?request_mode=async&extra_zero_runs=2&max_runs=100&max_run_time=900";
    let token = call(&node, start, Value::Null).await.json()["token"].as_str().unwrap().to_owned();
    let status = format!("/pipes/get-pipe-runner-status?token={token}");
    assert_eq!(get(&node, &status).await, json!({ "status": "running", "additional_info": "why" }));
    assert_eq!(call(&node, start, Value::Null).await.status, StatusCode::CONFLICT);
    let log = get(&node, &format!("/pipes/get-run-all-pipes-log?token={token}")).await;
    assert_eq!((&log[0]["logdata"], log.as_array().unwrap().len()), (&json!("one"), 2));
    let since = log[0]["timestamp"].as_str().unwrap();
    let later = get(&node, &format!("/pipes/get-run-all-pipes-log?token={token}&since={since}")).await;
    assert_eq!((&later[0]["logdata"], later.as_array().unwrap().len()), (&json!("two"), 1));
    let stopped = call(&node, "POST /pipes/stop-run-all-pipes?terminate_timeout=30", Value::Null).await;
    assert_eq!(stopped.json(), json!({ "status": "not-running" }));
    assert_eq!(get(&node, &status).await["status"], "not-running");
    assert!(ids(&node, "a-last").await.is_empty(), "a run that is stopped leaves nothing");
}

#[tokio::test]
async fn what_a_node_would_refuse_is_refused() {
    let node = node(Answers::default());
    for (request, status) in [
        ("POST /pipes/run-all-pipes?disable_pipes=true", StatusCode::BAD_REQUEST),
        ("POST /pipes/run-all-pipes?request_mode=later", StatusCode::BAD_REQUEST),
        ("POST /pipes/run-all-pipes?max_runs=many", StatusCode::BAD_REQUEST),
        ("GET /pipes/input/entities?stage=middle", StatusCode::BAD_REQUEST),
        ("GET /pipes/absent/entities", StatusCode::NOT_FOUND),
        ("GET /publishers/input/csv", StatusCode::NOT_FOUND),
        ("GET /publishers/table/xml", StatusCode::NOT_FOUND),
        ("POST /receivers/input/entities", StatusCode::BAD_REQUEST),
    ] {
        let body = if request.contains("receivers") { json!([]) } else { Value::Null };
        assert_eq!(call(&node, request, body).await.status, status, "{request}");
    }
    for body in [json!([1]), json!([{ "id": "1" }]), json!([{ "_id": 1 }]), json!("x")] {
        assert_eq!(
            call(&node, "POST /receivers/posted/entities", body).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    send(&node, "POST /pipes/table/pump", &form, "operation=disable").await;
    assert_eq!(call(&node, "GET /publishers/table/csv", Value::Null).await.status, StatusCode::CONFLICT);
    let switches = Switches { no_developer_mode: true, ..Switches::default() };
    let plain = Node::builder().jwt(TOKEN).switches(switches).build().unwrap();
    assert_eq!(get(&plain, "/").await["status"]["developer_mode"], false);
    assert_eq!(call(&plain, "POST /pipes/run-all-pipes", Value::Null).await.status, StatusCode::FORBIDDEN);
}

#[test]
fn a_script_or_a_list_of_hashes_with_a_mistake_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text, expected) in [
        ("run.json", "{\n  \"secnods\": 1}", "run.json:2:"),
        ("run.json", "{\"seconds\": -1}", "run.json:1:13: `seconds` must be"),
        ("run.json", "[]", "run.json:1:1: expected an object"),
        ("run.json", "{\"faults\": [\n{\"request\": \"GET\"}]}", "run.json:2:13: `request` must be"),
        ("run.json", "{\"faults\": [{\"request\": \"GET /\", \"status\": 200}]}", "run.json:1:44: `status`"),
        ("run.json", "{\"log\": [],\n\"log\": []}", "run.json:2:1: the key `log` is also at"),
        ("hashes.json", "{\n[", "hashes.json:2:1: "),
        ("hashes.json", "{\"run.json\": \"\"}", "hashes.json:1:2: expected the path"),
        ("hashes.json", "{\"entities/../run.json\": \"\"}", "hashes.json:1:2: expected the path"),
        (
            "hashes.json",
            "{\"entities/x.json\": \"\"}",
            "hashes.json:1:2: the answer entities/x.json does not exist",
        ),
        ("hashes.json", "{\"/x\": \"\",\n\"/y\": 1}", "hashes.json:2:7: expected a hash as a string"),
    ] {
        std::fs::write(folder.path().join(file), text).unwrap();
        let error = Answers::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        std::fs::remove_file(folder.path().join(file)).unwrap();
    }
    assert!(
        Answers::read(&folder.path().join("absent")).unwrap_err().to_string().contains("is not a folder")
    );
}
