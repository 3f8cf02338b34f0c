//! The client against servers on loopback.

use std::time::Duration;

use axum::Router;
use axum::extract::Request as Incoming;
use axum::http::header::LOCATION;
use axum::routing::{any, get, post};
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Retry, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings, Request, Url, status_error};
use deployer_testkit::server::{Answer, Cut, Moment, Rule, Server};

fn client() -> Client {
    Client::new(&Context::new("test"), &HttpSettings::default()).expect("a client")
}

fn at(server: &Server, path: &str) -> Url {
    Url::parse(&server.url(path)).expect("a URL")
}

async fn failure(client: &Client, request: Request) -> Error {
    client.send(request).await.expect_err("no answer")
}

#[tokio::test]
async fn an_answer_of_any_status_is_an_answer() {
    let server = Server::http(Router::new().route("/busy", get(|| async { "never shown" })));
    server.faults().answer(Rule::path("/busy"), Answer::html(503, "hunter2").header("retry-after", "9"));
    let answer = client().send(Request::get(at(&server, "/busy"))).await.expect("an answer");
    assert_eq!((answer.status, answer.is_success()), (503, false));
    assert_eq!(answer.content_type().as_deref(), Some("text/html"));
    let error = status_error("read the thing", &answer);
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::After(Duration::from_secs(9))));
    assert!(!format!("{error:?} {answer:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn credentials_and_bodies_arrive_as_they_were_given() {
    async fn shown(request: Incoming) -> String {
        let header =
            |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let heads = ["authorization", "x-vault-token", "content-type", "user-agent"].map(header).join("|");
        let uri = request.uri().to_string();
        let body = axum::body::to_bytes(request.into_body(), 1024).await.expect("a body");
        format!("{heads}|{uri}|{}", String::from_utf8_lossy(&body))
    }
    let server = Server::http(Router::new().fallback(any(shown)));
    let endpoint = Endpoint::parse(&server.url("/base/"), false).expect("an address");
    let token = SecretValue::new("t0ken");
    let request = Request::post(endpoint.url(&["a/b"])).query([("q", "ø")]).json(&["x"]).expect("a body");
    let request =
        request.bearer(&token).and_then(|r| r.header_secret("x-vault-token", &token)).expect("headers");
    let answer = client().send(request).await.expect("an answer");
    let version = env!("CARGO_PKG_VERSION");
    let expected =
        format!("Bearer t0ken|t0ken|application/json|sesam-deployer/{version}|/base/a%2Fb?q=%C3%B8|[\"x\"]");
    assert_eq!(String::from_utf8_lossy(&answer.body), expected);
}

#[tokio::test]
async fn a_redirect_is_refused_and_its_target_named_and_not_called() {
    let other = Server::http(Router::new());
    let target = other.url("/taken?token=hunter2");
    let router = Router::new().route(
        "/",
        any(move || async move { (axum::http::StatusCode::TEMPORARY_REDIRECT, [(LOCATION, target)]) }),
    );
    let server = Server::http(router);
    let request = Request::post(at(&server, "/")).bearer(&SecretValue::new("t0ken")).expect("a header");
    let error = failure(&client(), request).await;
    assert_eq!((error.kind(), error.retry()), (Kind::Unexpected, Retry::Never));
    let shown = format!("{error:?}");
    assert!(shown.contains(&other.address().to_string()) && !shown.contains("hunter2"), "{shown}");
    assert!(other.log().entries().is_empty(), "the target was called");
}

#[tokio::test]
async fn an_answer_above_the_limit_is_not_read_to_its_end() {
    let server = Server::http(Router::new().route("/", get(|| async { "x".repeat(1001) })));
    let limited = client().with_answer_limit(1000);
    let error = failure(&limited, Request::get(at(&server, "/"))).await;
    assert_eq!((error.kind(), error.retry()), (Kind::Unexpected, Retry::Never));
    assert!(error.to_string().contains("1000 bytes"), "{error}");
    let answer =
        client().with_answer_limit(1001).send(Request::get(at(&server, "/"))).await.expect("at the limit");
    assert_eq!(answer.body.len(), 1001);
}

#[tokio::test]
async fn a_cut_connection_may_be_retried_for_a_read_and_leaves_a_write_unknown() {
    let server = Server::http(Router::new().route("/", get(|| async { "" }).merge(post(|| async { "" }))));
    server.faults().cut(Rule::any(), Cut::BeforeAnswer);
    let error = failure(&client(), Request::get(at(&server, "/"))).await;
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon), "{error}");
    let error = failure(&client(), Request::post(at(&server, "/"))).await;
    assert_eq!((error.kind(), error.retry()), (Kind::UnknownOutcome, Retry::Never), "{error}");
    assert_eq!(server.log().matching("POST", "/").len(), 1, "nothing is sent twice by the client");
}

#[tokio::test]
async fn a_request_without_answer_ends_at_its_time_limit() {
    let server = Server::http(Router::new().route("/", get(|| async { "" }).merge(post(|| async { "" }))));
    let _held = server.faults().hold(Rule::any(), Moment::BeforeApply);
    let limit = Duration::from_millis(20);
    let error = failure(&client(), Request::get(at(&server, "/?sig=hunter2")).timeout(limit)).await;
    assert_eq!((error.kind(), error.retry()), (Kind::Timeout, Retry::Soon));
    assert!(error.to_string().contains("20ms") && !format!("{error:?}").contains("hunter2"), "{error:?}");
    let error = failure(&client(), Request::post(at(&server, "/")).timeout(limit)).await;
    assert_eq!(error.kind(), Kind::UnknownOutcome);
}

#[tokio::test]
async fn a_refused_connection_and_an_unknown_name_are_told_apart_and_nothing_was_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error =
        failure(&client(), Request::post(Url::parse(&format!("http://{address}/")).expect("a URL"))).await;
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon));
    assert!(error.to_string().contains("refused the connection"), "{error}");

    // A label of more than 63 characters cannot be a name, so no name server is asked.
    let unknown = format!("http://{}.example/", "a".repeat(64));
    let error = failure(&client(), Request::post(Url::parse(&unknown).expect("a URL"))).await;
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon));
    assert!(error.to_string().contains("cannot be resolved"), "{error}");
}

#[tokio::test]
async fn a_url_that_is_a_credential_is_called_by_its_name() {
    let server = Server::http(Router::new());
    server.faults().cut(Rule::any(), Cut::BeforeAnswer);
    let request = Request::get(at(&server, "/hunter2")).shown_as("upload the file");
    let error = failure(&client(), request).await;
    assert!(error.to_string().starts_with("upload the file: "), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
