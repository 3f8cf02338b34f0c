//! The client against servers on loopback.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request as Incoming;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use deployer_core::plugin::time_limit::within;
use deployer_core::plugin::{Context, RequestLimits};
use deployer_core::{Error, Kind, Retry, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings, Request, Url, status_error};
use deployer_testkit::server::{Answer, Cut, Moment, Rule, Server};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::future::join_all;
use tokio::sync::Barrier;

fn client() -> Client {
    Client::new(&Context::new("test"), &HttpSettings::default()).expect("a client")
}

fn at(server: &Server, path: &str) -> Url {
    Url::parse(&server.url(path)).expect("a URL")
}

fn reading_at_most(bytes: usize) -> Client {
    let context = Context::new("test").with_requests(RequestLimits::new(1).with_answer_bytes(bytes));
    Client::new(&context, &HttpSettings::default()).expect("a client")
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
    let long = || async { "x".repeat(1001) };
    let server = Server::http(Router::new().route("/", get(long).post(long)));
    let error = failure(&reading_at_most(1000), Request::get(at(&server, "/"))).await;
    assert_eq!((error.kind(), error.retry()), (Kind::Unexpected, Retry::Never));
    assert!(error.to_string().contains("1000 bytes"), "{error}");
    let error = failure(&reading_at_most(1000), Request::post(at(&server, "/"))).await;
    assert_eq!(error.kind(), Kind::UnknownOutcome, "a write whose answer is not read to its end");
    let answer = reading_at_most(1001).send(Request::get(at(&server, "/"))).await.expect("at the limit");
    assert_eq!(answer.body.len(), 1001);
}

#[tokio::test]
async fn compressed_answers_are_asked_for_and_counted_as_they_are_decompressed() {
    async fn zeros(request: Incoming) -> impl IntoResponse {
        let accepted = request.headers().get("accept-encoding").and_then(|value| value.to_str().ok());
        assert!(accepted.is_some_and(|accepted| accepted.contains("gzip")), "{accepted:?}");
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&vec![b'0'; 1 << 20]).expect("a Vec takes everything");
        let packed = packed.finish().expect("a Vec takes everything");
        assert!(packed.len() < 10_000, "{}", packed.len());
        ([("content-encoding", "gzip")], packed)
    }
    let server = Server::http(Router::new().fallback(any(zeros)));
    let answer = client().send(Request::get(at(&server, "/"))).await.expect("an answer");
    assert_eq!(answer.body.len(), 1 << 20);
    let error = failure(&reading_at_most(100_000), Request::get(at(&server, "/"))).await;
    assert!(error.to_string().contains("larger than 100000 bytes"), "{error}");
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_the_run_allows_whatever_its_plugins_do() {
    const LIMIT: usize = 3;
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    // Nothing is answered before so many requests are in flight, so that the limit is reached.
    let full = Arc::new(Barrier::new(LIMIT));
    let count = move || async move {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        full.wait().await;
        NOW.fetch_sub(1, Ordering::Relaxed);
    };
    let server = Server::http(Router::new().route("/", get(count)));
    let context = Context::new("test").with_requests(RequestLimits::new(LIMIT));
    let client = || Client::new(&context, &HttpSettings::default()).expect("a client");
    let (one, other, url) = (client(), client(), at(&server, "/"));
    // Each call of a plugin sends many requests at once.
    let call = |client: &Client| {
        let (client, url) = (client.clone(), url.clone());
        async move { join_all((0..7 * LIMIT).map(|_| client.send(Request::get(url.clone())))).await }
    };
    let answers = join_all([&one, &other, &one, &other].map(call)).await;
    assert_eq!(answers.iter().flatten().filter(|answer| answer.is_ok()).count(), 4 * 7 * LIMIT);
    assert_eq!(MOST.load(Ordering::Relaxed), LIMIT);
}

#[tokio::test]
async fn a_request_that_is_cancelled_or_fails_gives_its_place_to_another() {
    let server = Server::http(Router::new().route("/", get(|| async { "" })));
    let _held = server.faults().hold(Rule::any().first(2), Moment::BeforeApply);
    let context = Context::new("test").with_requests(RequestLimits::new(1));
    let client = Client::new(&context, &HttpSettings::default()).expect("a client");
    let limit = Duration::from_millis(20);
    failure(&client, Request::get(at(&server, "/")).timeout(limit)).await;
    let cancelled = tokio::time::timeout(limit, client.send(Request::get(at(&server, "/")))).await;
    assert!(cancelled.is_err(), "it is held");
    client.send(Request::get(at(&server, "/"))).await.expect("an answer");
}

#[tokio::test]
async fn a_request_can_take_longer_than_the_runner_waits_for_a_call_without_requests() {
    let server = Server::http(Router::new().route("/", get(|| async { "" })));
    server.faults().delay(Rule::any(), Duration::from_millis(300));
    let client = client();
    let call = client.send(Request::get(at(&server, "/")));
    let answer = within(Duration::from_millis(100), call).await.expect("the request has a limit of its own");
    assert_eq!(answer.expect("an answer").status, 200);
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
