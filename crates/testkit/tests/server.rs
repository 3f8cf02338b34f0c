//! The server's log and faults, seen from a client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, put};
use deployer_testkit::server::{Answer, Cut, Moment, Rule, Server};
use reqwest::{Certificate, Client, StatusCode};

struct Rig {
    server: Server,
    applied: Arc<AtomicUsize>,
    client: Client,
}

impl Rig {
    fn start(https: bool) -> Self {
        let applied = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&applied);
        let apply = move |_body: String| {
            let counter = Arc::clone(&counter);
            async move { counter.fetch_add(1, Ordering::SeqCst).to_string() }
        };
        let routes = Router::new()
            .route("/config", put(apply))
            .route("/read", get(|| async { "read" }))
            .layer(DefaultBodyLimit::disable());
        let server = if https { Server::https(routes) } else { Server::http(routes) };
        let mut client = Client::builder().no_proxy();
        if let Some(pem) = server.ca_pem() {
            client = client.tls_certs_only([Certificate::from_pem(pem.as_bytes()).expect("a certificate")]);
        }
        Self { server, applied, client: client.build().expect("a client") }
    }

    fn put(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.client.put(self.server.url("/config?force=true")).body(body)
    }

    async fn get(&self) -> reqwest::Result<StatusCode> {
        Ok(self.client.get(self.server.url("/read")).send().await?.status())
    }

    fn applied(&self) -> usize {
        self.applied.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn https_is_trusted_by_its_authority_alone() {
    let rig = Rig::start(true);
    assert_eq!(rig.get().await.expect("trusted"), StatusCode::OK);
    let file = std::fs::read_to_string(rig.server.ca_file().expect("a file")).expect("readable");
    assert_eq!(Some(file.as_str()), rig.server.ca_pem());

    let stranger = Client::builder().no_proxy().build().expect("a client");
    let refused = stranger.get(rig.server.url("/read")).send().await.expect_err("not trusted");
    assert!(refused.is_connect(), "{refused:?}");
    let by_name = format!("https://localhost:{}/read", rig.server.address().port());
    assert_eq!(rig.client.get(by_name).send().await.expect("trusted").status(), StatusCode::OK);
}

#[tokio::test]
async fn the_log_keeps_order_and_sizes_but_no_bodies() {
    let rig = Rig::start(false);
    rig.put("abc").send().await.expect("answered");
    rig.get().await.expect("answered");
    let log = rig.server.log().entries();
    assert_eq!(log.len(), 2);
    assert!(log[0].is("PUT", "/config") && log[1].is("GET", "/read"));
    assert_eq!(log[0].path, "/config?force=true");
    assert_eq!((log[0].status, log[0].request_bytes, log[0].answer_bytes), (Some(200), 3, 1));
    assert!(log[0].body_hash.starts_with("ba7816bf"));
    assert!(!format!("{log:?}").contains("abc"));
    assert!(log[0].ended < Some(log[1].started));
}

#[tokio::test]
async fn programmed_answers_come_as_often_as_asked_and_apply_nothing() {
    let rig = Rig::start(false);
    let faults = rig.server.faults();
    faults
        .answer(Rule::new("PUT", "/config").first(2), Answer::json(503, &serde_json::json!({"wait": true})));
    faults.answer(Rule::new("PUT", "/config").nth(3), Answer::too_many_requests(7));
    faults.answer(Rule::new("PUT", "/config").nth(4), Answer::html(502, "Bad Gateway"));
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer = rig.put("abc").send().await.expect("answered");
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.headers()["retry-after"], "7");
        }
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [503, 503, 429, 502, 200]);
    assert_eq!(rig.applied(), 1);
}

#[tokio::test]
async fn connections_are_cut_before_within_and_after_the_body() {
    for https in [false, true] {
        let rig = Rig::start(https);
        let faults = rig.server.faults();
        faults.cut(Rule::new("PUT", "/config").nth(1), Cut::BeforeBody);
        faults.cut(Rule::new("PUT", "/config").nth(2), Cut::InBody(1000));
        faults.cut(Rule::new("PUT", "/config").nth(3), Cut::BeforeAnswer);
        let body = "x".repeat(4_000_000);
        for applied in [0, 0, 1] {
            rig.put(body.clone()).send().await.expect_err("cut");
            assert_eq!(rig.applied(), applied);
        }
        let log = rig.server.log().entries();
        assert_eq!(log[0].request_bytes, 0);
        assert!((1000..body.len()).contains(&log[1].request_bytes), "{}", log[1].request_bytes);
        assert_eq!(log[2].request_bytes, body.len());
        assert!(log.iter().all(|entry| entry.status.is_none()), "{log:?}");
        rig.put("again").send().await.expect("the server goes on");
    }
}

#[tokio::test]
async fn an_answer_breaks_off_or_is_replaced_and_a_request_is_applied_twice() {
    let rig = Rig::start(false);
    let faults = rig.server.faults();
    faults.replace(Rule::new("PUT", "/config").nth(1), Answer::html(502, "gateway"));
    faults.twice(Rule::new("PUT", "/config").nth(2));
    faults.cut(Rule::new("PUT", "/config").nth(3), Cut::InAnswer);
    assert_eq!(rig.put("a").send().await.expect("answered").status(), StatusCode::BAD_GATEWAY);
    assert_eq!(rig.applied(), 1, "it was applied before the answer was replaced");
    assert_eq!(rig.put("a").send().await.expect("answered").status(), StatusCode::OK);
    assert_eq!(rig.applied(), 3);
    let answer = rig.put("a").send().await;
    let whole = match answer {
        Ok(answer) => answer.bytes().await.is_ok(),
        Err(_) => false,
    };
    assert!(!whole, "the answer breaks off");
    assert_eq!(rig.applied(), 4);
}

#[tokio::test]
async fn a_held_request_tells_of_its_arrival_and_is_applied_though_its_client_has_gone() {
    let rig = Rig::start(false);
    let mut before = rig.server.faults().hold(Rule::any().nth(2), Moment::BeforeApply);
    rig.get().await.expect("the first passes");
    let request = tokio::spawn(rig.put("abc").send());
    let seen = before.arrived().await.expect("held");
    assert_eq!((seen.sequence, seen.method.as_str(), seen.path.as_str()), (1, "PUT", "/config?force=true"));
    assert_eq!(rig.applied(), 0);
    request.abort();
    assert!(request.await.is_err());

    let mut after = rig.server.faults().hold(Rule::new("PUT", "/config"), Moment::AfterApply);
    before.release();
    let second = tokio::spawn(rig.put("def").send());
    after.arrived().await.expect("the second is held after it was applied");
    assert!(rig.applied() >= 1);
    drop(after);
    assert_eq!(second.await.expect("not aborted").expect("released").status(), StatusCode::OK);
    rig.server.stop().await;
    assert_eq!(rig.applied.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_callback_runs_before_its_request_is_applied() {
    let rig = Rig::start(false);
    let (applied, seen) = (Arc::clone(&rig.applied), Arc::new(AtomicUsize::new(usize::MAX)));
    let note = Arc::clone(&seen);
    rig.server.faults().call(Rule::path("/conf*"), Moment::BeforeApply, move |_| {
        note.store(applied.load(Ordering::SeqCst), Ordering::SeqCst);
    });
    rig.put("abc").send().await.expect("answered");
    assert_eq!((seen.load(Ordering::SeqCst), rig.applied()), (0, 1));
}

#[tokio::test]
async fn concurrent_requests_are_one_link_of_the_longest_chain() {
    let rig = Rig::start(false);
    let mut hold = rig.server.faults().hold(Rule::any().from(2), Moment::BeforeApply);
    rig.get().await.expect("answered");
    let all_arrived = async {
        for _ in 0..3 {
            hold.arrived().await.expect("held");
        }
        hold.release();
    };
    let (one, two, three, ()) = tokio::join!(rig.get(), rig.get(), rig.get(), all_arrived);
    assert!([one, two, three].into_iter().all(|answer| answer.is_ok()));
    assert_eq!(rig.server.log().longest_chain(|_| true).len(), 2);
    assert_eq!(rig.server.log().most_in_flight(), 3);
}

#[tokio::test]
async fn a_round_trip_takes_at_least_its_delay() {
    let rig = Rig::start(false);
    let (everywhere, there) = (Duration::from_millis(30), Duration::from_millis(20));
    rig.server.faults().round_trip(everywhere);
    rig.server.faults().delay(Rule::path("/read"), there);
    let start = Instant::now();
    rig.get().await.expect("answered");
    assert!(start.elapsed() >= everywhere + there);
    rig.server.faults().clear();
    assert_eq!(rig.get().await.expect("answered"), StatusCode::OK);
}
