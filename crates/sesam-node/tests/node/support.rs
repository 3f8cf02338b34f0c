//! Requests to a node without a network.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use sesam_node::Node;
use tower::ServiceExt;

pub(crate) const TOKEN: &str = "the.node.token";

/// An answer: status, content type, body.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the body is text")
    }

    async fn of(response: Response) -> Self {
        let status = response.status();
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Self { status, content_type, body }
    }
}

/// Sends a request with headers; the token is added unless there is an authorization already.
pub(crate) async fn send(
    node: &Node,
    request: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answered {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let mut builder = Request::builder().method(method).uri(format!("/api{path}"));
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        builder = builder.header("authorization", format!("bearer {TOKEN}"));
    }
    Answered::of(node.router().oneshot(builder.body(body.into()).unwrap()).await.unwrap()).await
}

/// Sends JSON.
pub(crate) async fn call(node: &Node, request: &str, body: serde_json::Value) -> Answered {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(node, request, &[("content-type", "application/json")], body).await
}

/// Sends nothing, expects 200 and returns the JSON.
pub(crate) async fn get(node: &Node, path: &str) -> serde_json::Value {
    let answered = call(node, &format!("GET {path}"), serde_json::Value::Null).await;
    assert_eq!(answered.status, StatusCode::OK, "{path}: {}", answered.text());
    answered.json()
}
