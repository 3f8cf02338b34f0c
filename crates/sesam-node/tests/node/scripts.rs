//! Runs by a script: failures, faults, limits, and the requests of Sesam's command-line tool in order.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use sesam_node::{Answers, Node};
use tempfile::TempDir;
use tower::ServiceExt;

use super::support::{TOKEN, call, get, send};

/// A folder with canned answers and a script.
fn folder(script: &Value, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files.iter().chain(&[("run.json", script.to_string().as_str())]) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A pipe that cannot be run, between one before and one after it.
fn node(folder: &TempDir) -> Node {
    let node = Node::builder().jwt(TOKEN).answers(Answers::read(folder.path()).unwrap()).build().unwrap();
    let configuration = json!([
        { "_id": "first", "type": "pipe", "source": { "type": "embedded", "entities": [{ "_id": "1" }] } },
        { "_id": "middle", "type": "pipe", "source": { "type": "dataset", "dataset": "first" },
          "transform": { "type": "dtl", "rules": { "default": [["copy", "*"]] } } },
        { "_id": "last", "type": "pipe", "source": { "type": "dataset", "dataset": "middle" },
          "sink": { "type": "http_endpoint" } },
    ]);
    node.set_config("", configuration.as_array().unwrap().clone()).unwrap();
    node
}

async fn run(node: &Node) -> Value {
    call(node, "POST /pipes/run-all-pipes", Value::Null).await.json()
}

async fn runtime(node: &Node, pipe: &str) -> (Value, String) {
    let runtime = get(node, &format!("/pipes/{pipe}")).await["runtime"].clone();
    (runtime["success"].clone(), runtime["last-message"].as_str().unwrap().to_owned())
}

/// The same folder, with the answers bound to the hash that the pipe `middle` has now.
async fn bound(folder: &TempDir, paths: &[&str]) -> Node {
    let before = node(folder);
    run(&before).await;
    let (_, message) = runtime(&before, "middle").await;
    let hash = message.split("the hash ").nth(1).unwrap().split(' ').next().unwrap();
    let hashes: Value = paths.iter().map(|path| ((*path).to_owned(), json!(hash))).collect();
    std::fs::write(folder.path().join("hashes.json"), hashes.to_string()).unwrap();
    node(folder)
}

#[tokio::test]
async fn a_pipe_that_reads_from_a_failed_pipe_fails_too() {
    let node = node(&folder(&json!({}), &[]));
    run(&node).await;
    assert_eq!(runtime(&node, "first").await, (json!(true), "Pump finished.".to_owned()));
    let (success, message) = runtime(&node, "last").await;
    assert_eq!(success, false);
    assert!(
        message.contains("reads the dataset \"middle\" of the pipe \"middle\", which failed"),
        "{message}"
    );
    assert_eq!(call(&node, "GET /publishers/last/entities", Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_canned_answer_goes_on_to_later_pipes_and_stands_for_its_stage_alone() {
    let answer = ("entities/middle.json", "[{\"_id\": \"7\"}]");
    let staged = ("entities/middle@before-transforms.json", "[{\"_id\": \"8\"}]");
    let folder = folder(&json!({}), &[answer, staged]);
    let node = bound(&folder, &[answer.0, staged.0]).await;
    run(&node).await;
    assert_eq!(get(&node, "/pipes/last/entities").await[0]["_id"], "7");
    assert_eq!(get(&node, "/pipes/middle/entities?stage=sink").await[0]["_id"], "7");
    for stage in ["before-transforms", "before-transform"] {
        assert_eq!(get(&node, &format!("/pipes/middle/entities?stage={stage}")).await[0]["_id"], "8");
    }
    assert_eq!(get(&node, "/pipes/middle/entities?stage=source").await, json!([]), "nothing is recorded");
}

#[tokio::test]
async fn a_pipe_that_fails_by_script_serves_no_answer() {
    let answer = ("entities/middle.json", "[{\"_id\": \"7\"}]");
    let folder = folder(&json!({}), &[answer]);
    drop(bound(&folder, &[answer.0]).await);
    std::fs::write(folder.path().join("run.json"), r#"{"failing": {"middle": "no space left"}}"#).unwrap();
    let node = node(&folder);
    run(&node).await;
    assert_eq!(runtime(&node, "middle").await, (json!(false), "no space left".to_owned()));
    assert_eq!(get(&node, "/pipes/middle/entities").await, json!([]));
}

#[tokio::test]
async fn scripted_requests_fail_as_often_as_the_script_says() {
    let faults = json!([
        { "request": "GET /pipes/first/entities", "times": 2, "status": 503 },
        { "request": "GET /pipes/first/entities" },
    ]);
    let node = node(&folder(&json!({ "faults": faults, "deploying": 1 }), &[]));
    assert_eq!(get(&node, "/pipes/first").await["runtime"]["state"], "Deploying");
    assert_eq!(get(&node, "/pipes/first").await["runtime"]["state"], Value::Null);
    let address = "/pipes/first/entities";
    for _ in 0..2 {
        let answered = call(&node, &format!("GET {address}?stage=source"), Value::Null).await;
        assert_eq!(answered.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    let request = Request::get(format!("/api{address}")).header("authorization", format!("bearer {TOKEN}"));
    let cut = node.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(cut.status(), StatusCode::OK);
    assert!(to_bytes(cut.into_body(), usize::MAX).await.is_err(), "the response ends early");
    assert_eq!(get(&node, address).await, json!([]));
}

#[tokio::test]
async fn a_run_ends_when_it_is_stopped_and_fails_at_its_limit() {
    let node = node(&folder(&json!({ "seconds": 3600 }), &[]));
    let (ended, stopped) = tokio::join!(
        call(&node, "POST /pipes/run-all-pipes?max_run_time=7200", Value::Null),
        call(&node, "POST /pipes/stop-run-all-pipes", Value::Null),
    );
    assert_eq!((ended.json(), stopped.status), (json!({ "status": "not-running" }), StatusCode::OK));
    let late = call(&node, "POST /pipes/run-all-pipes?max_run_time=0", Value::Null).await;
    assert_eq!(late.json(), json!({ "status": "failed" }));
    assert_eq!(get(&node, "/pipes/first/entities").await, json!([]), "a failed run leaves nothing");
}

/// The requests of `sesam test`, in its order.
#[tokio::test]
async fn the_requests_of_the_command_line_tool_are_answered_in_order() {
    let node = Node::builder().jwt(TOKEN).deploying_polls(1).build().unwrap();
    let configuration = json!([
        { "_id": "node", "type": "metadata", "task_manager": { "disable_user_pipes": true } },
        { "_id": "order-input", "type": "pipe", "source": { "type": "http_endpoint" } },
        { "_id": "order-out", "type": "pipe", "source": { "type": "dataset", "dataset": "order-input" },
          "sink": { "type": "http_endpoint" } },
    ]);
    let (run, token) =
        ("extra_zero_runs=2&max_run_time=900&max_runs=100&delete_input_datasets=False", "token=run-2");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(get(&node, "/").await["status"]["developer_mode"], true);
    assert_eq!(
        call(&node, "PUT /env", json!({ "node-env": "test" })).await.json(),
        json!({ "node-env": "test" })
    );
    let uploaded = call(&node, "PUT /config?force=false", configuration).await;
    assert_eq!(uploaded.json(), json!({ "validation_errors": [] }));
    assert_eq!(get(&node, "/pipes").await[0]["runtime"]["state"], "Deploying");
    assert_eq!(get(&node, "/pipes/order-input/pump").await["runtime"]["state"], Value::Null);
    let posted =
        call(&node, "POST /receivers/order-input/entities", json!([{ "_id": "7", "sum": 10.0 }])).await;
    assert_eq!((posted.status, posted.json()), (StatusCode::OK, json!({})));
    let stopped = call(&node, "POST /pipes/stop-run-all-pipes?terminate_timeout=30", Value::Null).await;
    assert_eq!(stopped.json(), json!({ "status": "not-running" }));
    let ended = call(&node, &format!("POST /pipes/run-all-pipes?{run}&request_mode=sync"), Value::Null).await;
    assert_eq!(ended.json(), json!({ "status": "success" }));
    assert_eq!(get(&node, "/pipes").await[1]["runtime"]["is-valid-config"], true);
    assert_eq!(get(&node, "/pipes/order-out/entities").await[0]["sum"], 10.0);
    let disabled = send(&node, "POST /pipes/order-out/pump", &form, "operation=disable").await;
    assert_eq!(disabled.json()["runtime"]["is-disabled"], true);
    assert_eq!(
        call(&node, "GET /publishers/order-out/entities", Value::Null).await.status,
        StatusCode::CONFLICT
    );
    let enabled = send(&node, "POST /pipes/order-out/pump", &form, "operation=enable").await;
    assert_eq!(enabled.json()["runtime"]["is-disabled"], false);
    assert_eq!(get(&node, "/publishers/order-out/entities").await[0]["_id"], "7");
    let begun =
        call(&node, &format!("POST /pipes/run-all-pipes?{run}&request_mode=async"), Value::Null).await;
    assert_eq!(begun.json(), json!({ "token": "run-2" }));
    let ended = get(&node, &format!("/pipes/get-pipe-runner-status?{token}")).await;
    assert_eq!(ended, json!({ "status": "success" }));
    let log = get(&node, &format!("/pipes/get-run-all-pipes-log?{token}")).await;
    let since = log[0]["timestamp"].as_str().unwrap();
    assert_eq!(get(&node, &format!("/pipes/get-run-all-pipes-log?since={since}&{token}")).await, json!([]));
}
