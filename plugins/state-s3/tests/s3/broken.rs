//! Servers that do what they must not.

use std::sync::Arc;

use deployer_core::Kind;
use deployer_core::traits::{PutCondition, PutOutcome, StatePlace};
use deployer_testkit::axum::Router;
use deployer_testkit::axum::extract::Request;
use deployer_testkit::axum::middleware::{self, Next};
use deployer_testkit::server::{Answer, Rule, Server};
use deployer_testkit::services::{or_skip, s3::RealS3, same_host};

use super::rig::{SECRET, place, settings};

/// How often the writers race.
const ROUNDS: usize = 20;

/// A proxy that drops the conditions of writes. They are not part of the signature.
fn without_conditions(address: &str) -> Router {
    same_host(address).layer(middleware::from_fn(|mut request: Request, next: Next| async move {
        request.headers_mut().remove("if-match");
        request.headers_mut().remove("if-none-match");
        next.run(request).await
    }))
}

async fn winners(places: &[Arc<dyn StatePlace>], name: &str) -> usize {
    let writes = places.iter().map(|place| place.put(name, b"x".to_vec(), PutCondition::Absent));
    let mut winners = 0;
    for outcome in futures::future::join_all(writes).await {
        match outcome {
            Ok(PutOutcome::Stored(_)) => winners += 1,
            Ok(PutOutcome::ConditionFailed) => {}
            // A signed condition that is dropped is a signature that does not fit.
            Err(error) => assert_eq!(error.kind(), Kind::Unauthenticated, "{error:?}"),
        }
    }
    winners
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_drops_conditions_is_seen() {
    let case = "a proxy before versitygw";
    let Some(server) = or_skip(case, RealS3::start("the-key", SECRET, &["state"])) else { return };
    let proxy = Server::http(without_conditions(server.url()));
    let places: Vec<_> = (0..10).map(|_| place(&settings(&proxy.url("")), SECRET)).collect();
    let direct: Vec<_> = (0..10).map(|_| place(&settings(server.url()), SECRET)).collect();
    let mut fooled = 0;
    for round in 0..ROUNDS {
        fooled += usize::from(winners(&places, &format!("proxied-{round}")).await != 1);
        assert_eq!(winners(&direct, &format!("direct-{round}")).await, 1, "round {round}");
    }
    assert_eq!(fooled, ROUNDS, "without conditions no round has one winner");
}

#[tokio::test]
async fn a_write_that_is_rejected_for_another_one_in_progress_is_sent_again_while_nothing_changed() {
    let conflict = || {
        let body = "<Error><Code>ConditionalRequestConflict</Code></Error>".to_owned();
        Answer { status: 409, headers: Vec::new(), body }
    };
    let case = "conflicts before versitygw";
    let Some(server) = or_skip(case, RealS3::start("the-key", SECRET, &["state"])) else { return };
    let front = Server::http(same_host(server.url()));
    let place = place(&settings(&front.url("")), SECRET);
    let put = |content: &'static [u8], condition| place.put("object", content.to_vec(), condition);
    front.faults().answer(Rule::new("PUT", "*").first(2), conflict());
    let PutOutcome::Stored(first) = put(b"1", PutCondition::Absent).await.unwrap() else {
        panic!("it is stored")
    };
    front.faults().clear();
    front.faults().answer(Rule::new("PUT", "*"), conflict());
    let error = put(b"2", PutCondition::Unchanged(first.clone())).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "{error:?}");
    assert!(error.message().contains("write object in s3://state/a/b"), "{error:?}");
    front.faults().clear();
    assert!(matches!(put(b"2", PutCondition::Unchanged(first.clone())).await, Ok(PutOutcome::Stored(_))));
    front.faults().answer(Rule::new("PUT", "*"), conflict());
    assert_eq!(put(b"3", PutCondition::Unchanged(first)).await, Ok(PutOutcome::ConditionFailed));
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_not_an_absent_object() {
    let case = "an absent bucket of versitygw";
    let Some(server) = or_skip(case, RealS3::start("the-key", SECRET, &[])) else { return };
    let place = place(&settings(server.url()), SECRET);
    let error = place.get("object").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.cause()),
        (Kind::NotFound, Some("the bucket does not exist")),
        "{error:?}"
    );
    let error = place.put("object", Vec::from(*b"x"), PutCondition::Absent).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error:?}");
}
