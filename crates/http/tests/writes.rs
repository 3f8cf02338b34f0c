//! Requests of a run that can lose the right to write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use deployer_core::plugin::{Context, WriteAccess, WriteCheck};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, Effect, HttpSettings, Request, Url};
use deployer_testkit::server::{Moment, Rule, Server};

#[derive(Debug)]
struct While(Arc<AtomicBool>);

impl WriteCheck for While {
    fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err(Error::new(Kind::Refused, "the lease is lost"))
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_write_nothing_but_reads_is_sent_and_a_write_in_flight_is_given_up() {
    let server = Server::http(Router::new().fallback(any(|| async { "answer" })));
    let url = || Url::parse(&server.url("/node")).expect("a URL");
    let may_write = Arc::new(AtomicBool::new(true));
    let access = WriteAccess::none();
    let context = Context::new("test").with_target_writes(access.clone());
    let client = Client::new(&context.for_targets(), &HttpSettings::default()).expect("a client");
    let other = Client::new(&context, &HttpSettings::default()).expect("a client");
    let kind = async |request| client.send(request).await.expect_err("no answer").kind();

    assert_eq!(kind(Request::put(url())).await, Kind::Bug);
    access.allow(Some(Arc::new(While(Arc::clone(&may_write)))));
    assert!(client.send(Request::put(url())).await.is_ok());
    for (effect, expected) in [(Effect::Write, Kind::UnknownOutcome), (Effect::Read, Kind::Timeout)] {
        may_write.store(true, Ordering::Relaxed);
        let mut hold = server.faults().hold(Rule::new("POST", "/node"), Moment::AfterApply);
        let sent = async { kind(Request::post(url()).effect(effect)).await };
        let lose = async {
            hold.arrived().await.expect("it was sent");
            may_write.store(false, Ordering::Relaxed);
        };
        let (sent, ()) = tokio::join!(sent, lose);
        assert_eq!(sent, expected);
        hold.release();
    }
    let before = server.log().entries().len();
    for request in [Request::put(url()), Request::delete(url()), Request::post(url()).effect(Effect::Read)] {
        assert_eq!(kind(request).await, Kind::Refused);
    }
    assert_eq!(server.log().entries().len(), before, "nothing was sent");
    assert!(client.send(Request::get(url())).await.is_ok());
    assert!(
        other.send(Request::post(url()).timeout(Duration::from_secs(30))).await.is_ok(),
        "only targets are limited"
    );
}
