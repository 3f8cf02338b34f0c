//! The deploying phase.

use serde_json::{Value, json};
use sesam_node::{Node, Switches};

use crate::support::{TOKEN, call, get};

fn pipe(id: &str, more: &Value) -> Value {
    let mut pipe = json!({"_id": id, "source": {"type": "http_endpoint"}, "type": "pipe"});
    pipe.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    pipe
}

async fn states(node: &Node) -> Vec<(String, Value)> {
    let pipes = get(node, "/pipes").await;
    let pipes = pipes.as_array().unwrap().iter();
    pipes.map(|pipe| (pipe["_id"].as_str().unwrap().to_owned(), pipe["runtime"]["state"].clone())).collect()
}

fn expected(states: &[(&str, Value)]) -> Vec<(String, Value)> {
    states.iter().map(|(id, state)| ((*id).to_owned(), state.clone())).collect()
}

#[tokio::test]
async fn changed_pipes_deploy_and_removed_ones_linger() {
    let node = Node::builder().jwt(TOKEN).deploying_polls(2).build().unwrap();
    call(&node, "PUT /config", json!([pipe("a", &json!({})), pipe("b", &json!({}))])).await;
    let received = call(&node, "POST /receivers/a/entities", json!([])).await;
    assert_eq!(received.status, 503);
    let deploying = expected(&[("a", json!("Deploying")), ("b", json!("Deploying"))]);
    assert_eq!(states(&node).await, deploying);
    assert_eq!(states(&node).await, deploying);
    assert_eq!(states(&node).await, expected(&[("a", Value::Null), ("b", Value::Null)]));

    call(&node, "PUT /config", json!([pipe("a", &json!({"batch_size": 1}))])).await;
    let after = expected(&[("a", json!("Deploying")), ("b", json!("Removing"))]);
    assert_eq!(states(&node).await, after);
    assert_eq!(get(&node, "/pipes/b").await["runtime"]["state"], "Removing");
    assert_eq!(states(&node).await, expected(&[("a", json!("Deploying"))]));
    assert_eq!(call(&node, "GET /pipes/b", Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_look_at_one_pipe_counts_for_that_pipe() {
    let node = Node::builder().jwt(TOKEN).deploying_polls(1).build().unwrap();
    call(&node, "PUT /config", json!([pipe("a", &json!({})), pipe("b", &json!({}))])).await;
    assert_eq!(get(&node, "/pipes/a").await["runtime"]["state"], "Deploying");
    assert_eq!(states(&node).await, expected(&[("a", Value::Null), ("b", json!("Deploying"))]));
}

#[tokio::test]
async fn a_variable_deploys_the_pipes_that_use_it() {
    let node = Node::builder().jwt(TOKEN).deploying_polls(1).build().unwrap();
    call(&node, "PUT /env", json!({"size": 1})).await;
    call(
        &node,
        "PUT /config",
        json!([pipe("a", &json!({"batch_size": "$ENV(size)"})), pipe("b", &json!({}))]),
    )
    .await;
    states(&node).await;
    call(&node, "PUT /env", json!({"size": 2})).await;
    assert_eq!(states(&node).await, expected(&[("a", json!("Deploying")), ("b", Value::Null)]));
}

#[tokio::test]
async fn identical_content_deploys_again_only_by_switch() {
    for again in [false, true] {
        let switches = Switches { identical_upload_redeploys: again, ..Switches::default() };
        let node = Node::builder().jwt(TOKEN).switches(switches).deploying_polls(1).build().unwrap();
        for _ in 0..2 {
            call(&node, "PUT /config", json!([pipe("a", &json!({}))])).await;
        }
        states(&node).await;
        call(&node, "PUT /config", json!([pipe("a", &json!({}))])).await;
        let state = if again { json!("Deploying") } else { Value::Null };
        assert_eq!(states(&node).await, expected(&[("a", state)]));
    }
}
