//! A node in a directory.

use std::fs;
use std::path::Path;

use serde_json::json;
use sesam_node::Node;

use crate::support::{TOKEN, call, get};

fn open(directory: &Path) -> Node {
    Node::builder().jwt(TOKEN).data_dir(directory).deploying_polls(3).build().unwrap()
}

async fn fill(node: &Node) {
    let long = "123456789012345678901234567890";
    let config = format!(
        r#"[{{"_id":"p","type":"pipe","source":{{"type":"empty"}},"n":{long}}},{{"_id":"s","type":"system:url"}}]"#
    );
    crate::support::send(node, "PUT /config", &[], config).await;
    call(node, "PUT /env", json!({"a": 1})).await;
    call(node, "PUT /secrets", json!({"global": "value of global"})).await;
    call(node, "PUT /systems/s/secrets", json!({"own": "value of own"})).await;
}

#[tokio::test]
async fn the_state_outlives_the_node() {
    let directory = tempfile::tempdir().unwrap();
    let node = open(directory.path());
    fill(&node).await;
    let config = call(&node, "GET /config", json!(null)).await.text();
    drop(node);
    let node = open(directory.path());
    assert_eq!(call(&node, "GET /config", json!(null)).await.text(), config);
    assert!(config.contains("123456789012345678901234567890"));
    assert_eq!(get(&node, "/env").await, json!({"a": 1}));
    assert_eq!(node.secret_value_for_test("global").as_deref(), Some("value of global"));
    assert_eq!(node.system_secret_value_for_test("s", "own").as_deref(), Some("value of own"));
    assert_eq!(get(&node, "/pipes/p").await["runtime"]["state"], json!(null), "it was deployed before");
    assert_eq!(get(&node, "/config-history/entity?entity_id=p").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_write_cut_off_at_any_point_leaves_a_readable_state() {
    let directory = tempfile::tempdir().unwrap();
    let node = open(directory.path());
    fill(&node).await;
    let old_secrets = fs::read(directory.path().join("secrets.json")).unwrap();
    call(&node, "PUT /config", json!([])).await;
    drop(node);
    // Cut off within the new files, and between the two renames.
    fs::write(directory.path().join("state.json.new"), "{\"entit").unwrap();
    fs::write(directory.path().join("secrets.json.new"), "").unwrap();
    fs::write(directory.path().join("secrets.json"), old_secrets).unwrap();
    let node = open(directory.path());
    assert_eq!(get(&node, "/config").await, json!([]));
    assert_eq!(node.secret_value_for_test("global").as_deref(), Some("value of global"));
    assert_eq!(node.system_secret_value_for_test("s", "own"), None, "the secrets went with their system");
    fill(&node).await;
    assert_eq!(node.system_secret_value_for_test("s", "own").as_deref(), Some("value of own"));
}

#[tokio::test]
async fn damage_is_named_without_quoting() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    fs::write(directory.path().join("secrets.json"), r#"{"global":{"a":98765},"systems":{}}"#).unwrap();
    let error = Node::builder().data_dir(directory.path()).build().unwrap_err().to_string();
    assert!(error.contains("secrets.json is damaged at line 1"), "{error}");
    assert!(!error.contains("98765"), "{error}");
}

#[test]
fn a_directory_has_one_node() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    let error = Node::builder().data_dir(directory.path()).build().unwrap_err();
    assert!(error.to_string().contains("another node uses"), "{error}");
    drop(first);
    drop(open(directory.path()));
}

#[tokio::test]
async fn a_state_that_cannot_be_written_is_no_change() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let node = open(&data);
    call(&node, "PUT /env", json!({"a": 1})).await;
    fs::remove_dir_all(&data).unwrap();
    let answered = call(&node, "PUT /env", json!({"a": 2})).await;
    assert_eq!(answered.status, 500);
    assert_eq!(get(&node, "/env").await, json!({"a": 1}));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let node = open(&data);
    fs::write(data.join("secrets.json.new"), "left behind").unwrap();
    fs::set_permissions(data.join("secrets.json.new"), fs::Permissions::from_mode(0o644)).unwrap();
    fill(&node).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("secrets.json")), 0o600);
    assert_eq!(mode(&data.join("state.json")), 0o600);
}
