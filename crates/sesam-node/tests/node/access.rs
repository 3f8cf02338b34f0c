//! Tokens, errors, and the log of requests.

use serde_json::{Value, json};
use sesam_node::{Node, Switches};

use crate::support::{TOKEN, call, send};

#[tokio::test]
async fn only_the_token_opens_the_node() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    for (authorization, status) in [
        (format!("Bearer {TOKEN}"), 200),
        (format!("bearer {TOKEN}"), 200),
        (format!("BEARER  {TOKEN} "), 200),
        (format!("Basic {TOKEN}"), 401),
        (TOKEN.to_owned(), 401),
        ("Bearer other".to_owned(), 401),
        ("Bearer ".to_owned(), 401),
    ] {
        let answered = send(&node, "GET /ping", &[("authorization", &authorization)], "").await;
        assert_eq!(answered.status, status, "{authorization}");
        if status == 401 {
            assert_eq!(answered.content_type, "application/problem+json");
            let problem = answered.json();
            assert_eq!((&problem["status"], &problem["title"]), (&json!(401), &json!("Unauthorized")));
        }
    }
}

#[tokio::test]
async fn a_node_without_a_token_of_its_own_accepts_any() {
    let node = Node::builder().build().unwrap();
    assert_eq!(send(&node, "GET /ping", &[], "").await.status, 200);
    assert_eq!(send(&node, "GET /ping", &[("authorization", "")], "").await.status, 401);
}

#[tokio::test]
async fn switches_change_the_refusal() {
    let switches = Switches { forbidden_for_bad_token: true, html_errors: true, ..Switches::default() };
    let node = Node::builder().jwt(TOKEN).switches(switches).build().unwrap();
    let answered = send(&node, "GET /ping", &[("authorization", "Bearer no")], "").await;
    assert_eq!(answered.status, 403);
    assert!(answered.content_type.starts_with("text/html"));
    assert!(answered.text().contains("<h1>403 Forbidden</h1>"));
    let refused = call(&node, "PUT /config", json!([1])).await;
    assert!(refused.json()["validation_errors"].is_array(), "reports stay JSON");
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    for (request, body, status) in [
        ("GET /nothing", "", 404),
        ("DELETE /config", "", 405),
        ("PUT /env", "[]", 400),
        ("PUT /env", "{", 400),
        ("PUT /config?force=perhaps", "[]", 400),
        ("GET /pipes?fields=colour", "", 400),
        ("GET /pipes/none", "", 404),
        ("GET /pipes/%FF", "", 400),
        ("GET /systems/none/secrets", "", 404),
        ("PUT /pipes/none/config", r#"{"_id":"none","type":"pipe"}"#, 404),
        ("POST /pipes/none/pump", "operation=start", 400),
        ("POST /admin", "", 400),
        ("GET /config-history/entity", "", 400),
    ] {
        let answered = send(&node, request, &[], body).await;
        assert_eq!(answered.status, status, "{request}: {}", answered.text());
        assert_eq!(answered.json()["status"], status, "{request}");
    }
}

#[tokio::test]
async fn the_log_holds_requests_in_order_and_no_bodies() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    send(&node, "PUT /secrets?encrypt=true", &[("content-length", "19")], r#"{"name":"the value"}"#).await;
    call(&node, "GET /pipes/a%2Fb", Value::Null).await;
    let requests = node.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            (request.method.as_str(), request.target.as_str(), request.status, request.content_length)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("PUT", "/api/secrets?encrypt=true", Some(200), Some(19)),
            ("GET", "/api/pipes/a%2Fb", Some(404), None),
        ]
    );
    assert!(!format!("{node:?}").contains("the value"));
    node.clear_requests();
    assert!(node.requests().is_empty());
}

#[tokio::test]
async fn requests_without_the_token_are_not_logged() {
    let node = Node::builder().jwt(TOKEN).build().unwrap();
    for authorization in ["", "Bearer other", "Bearer the.node.tokens", TOKEN] {
        let answered = send(&node, "GET /config", &[("authorization", authorization)], "").await;
        assert_eq!(answered.status, 401, "{authorization}");
    }
    assert!(node.requests().is_empty());
}
