//! Variables and secrets: what stays, what goes, what is told.

use serde_json::{Value, json};
use sesam_node::{Node, Switches};

use crate::support::{TOKEN, call, get};

fn system(id: &str) -> Value {
    json!({"_id": id, "password": "$SECRET(own)", "type": "system:url"})
}

#[tokio::test]
async fn variables_are_replaced_by_put_and_merged_by_post_and_patch() {
    for merges in [false, true] {
        let switches = Switches { env_put_merges: merges, ..Switches::default() };
        let node = Node::builder().jwt(TOKEN).switches(switches).build().unwrap();
        call(&node, "POST /env", json!({"a": 1, "b": [1, {"c": null}]})).await;
        call(&node, "PATCH /env", json!({"a": "two"})).await;
        assert_eq!(get(&node, "/env").await, json!({"a": "two", "b": [1, {"c": null}]}));
        call(&node, "PUT /env", json!({"d": true})).await;
        assert_eq!(node.state().env().contains_key("a"), merges);
    }
}

#[tokio::test]
async fn secrets_are_replaced_by_put_and_merged_by_post() {
    for merges in [false, true] {
        let switches = Switches { secrets_put_merges: merges, ..Switches::default() };
        let node = Node::builder().jwt(TOKEN).switches(switches).build().unwrap();
        node.set_config("", vec![system("s")]).unwrap();
        for address in ["/secrets", "/systems/s/secrets"] {
            call(&node, &format!("POST {address}?encrypt=true"), json!([{"a": "1"}, {"b": "2"}])).await;
            call(&node, &format!("POST {address}"), json!({"a": "3"})).await;
            assert_eq!(get(&node, address).await, json!(["a", "b"]));
            call(&node, &format!("PUT {address}"), json!({"c": "4"})).await;
        }
        let kept: &[&str] = if merges { &["a", "b", "c"] } else { &["c"] };
        assert_eq!(node.state().secret_names(), kept);
        assert_eq!(node.state().system_secret_names("s"), ["c"], "a system's secrets are always replaced");
        assert_eq!(node.secret_value_for_test("c").as_deref(), Some("4"));
    }
}

#[tokio::test]
async fn a_secret_is_a_string_and_an_error_does_not_quote_it() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    for body in [json!({"a": 98765}), json!(["98765"]), json!({"a": {"b": "98765"}})] {
        let answered = call(&node, "PUT /secrets", body).await;
        assert_eq!(answered.status, 400);
        assert!(!answered.text().contains("98765"));
    }
    let answered = crate::support::send(&node, "PUT /secrets", &[], r#"{"a": "98765", }"#).await;
    assert_eq!(answered.status, 400);
    assert!(!answered.text().contains("98765"));
    assert!(node.state().secret_names().is_empty());
}

#[tokio::test]
async fn the_secrets_of_a_system_go_with_it_and_outlive_its_replacement() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    let warned = call(&node, "PUT /config", json!([system("s"), system("t")])).await;
    assert_eq!(warned.status, 200);
    let issue = &warned.json()["validation_errors"][0]["config-errors"][0];
    assert_eq!((&issue["level"], &issue["elements"]), (&json!("warning"), &json!("$['password']")));
    for id in ["s", "t"] {
        call(&node, &format!("POST /systems/{id}/secrets"), json!({"own": "value"})).await;
    }
    let replaced =
        call(&node, "PUT /config", json!([{"_id": "s", "password": "$SECRET(own)", "type": "system:rest"}]))
            .await;
    assert_eq!(replaced.json(), json!({"validation_errors": []}));
    assert_eq!(node.system_secret_value_for_test("s", "own").as_deref(), Some("value"));
    assert_eq!(node.system_secret_value_for_test("t", "own"), None);
    call(&node, "PUT /config", json!([system("s"), system("t")])).await;
    assert_eq!(get(&node, "/systems/t/secrets").await, json!([]));
    call(&node, "DELETE /systems/s", Value::Null).await;
    assert!(node.state().system_secret_names("s").is_empty());
}

#[tokio::test]
async fn deleting_what_is_not_there_is_an_error_unless_switched() {
    for succeeds in [false, true] {
        let switches = Switches { deleting_absent_name_succeeds: succeeds, ..Switches::default() };
        let node = Node::builder().jwt(TOKEN).switches(switches).build().unwrap();
        for request in ["DELETE /env/x", "DELETE /secrets/x"] {
            let answered = call(&node, request, Value::Null).await;
            assert_eq!(answered.status, if succeeds { 200 } else { 404 }, "{request}");
        }
    }
}
