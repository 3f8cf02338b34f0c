//! Refusals of the service in our words.

use std::time::Duration;

use deployer_core::{Kind, Retry};
use deployer_testkit::answers::{failed, found, missing, read, read_all};
use deployer_testkit::server::{Answer, Rule};
use serde_json::json;

use super::world::World;

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "__type": code, "message": message }))
}

#[tokio::test]
async fn every_code_is_classified_alone_and_in_a_batch() {
    let world = World::fake();
    let kms = "Access to KMS is not allowed";
    for (status, code, message, kind, retried) in [
        (400, "AccessDeniedException", "no", Kind::Denied, false),
        (400, "AccessDeniedException", kms, Kind::Denied, false),
        (400, "DecryptionFailure", "", Kind::Denied, false),
        (400, "UnrecognizedClientException", "", Kind::Unauthenticated, false),
        (400, "ExpiredTokenException", "", Kind::Unauthenticated, false),
        (400, "InvalidSignatureException", "", Kind::Unauthenticated, false),
        (400, "ThrottlingException", "Rate exceeded", Kind::RateLimited, true),
        (400, "LimitExceededException", "", Kind::RateLimited, true),
        (500, "InternalServiceError", "", Kind::Unavailable, true),
        (503, "ServiceUnavailableException", "", Kind::Unavailable, true),
        (400, "RequestTimeout", "", Kind::Timeout, true),
        (400, "InvalidParameterException", "a bad name", Kind::Rejected, false),
        (400, "InvalidRequestException", "not now", Kind::Rejected, false),
        (500, "", "", Kind::Unexpected, true),
    ] {
        world.server.server().faults().answer(Rule::any(), refusal(status, code, message));
        let store = world.store(&[]);
        let alone = vec![read(&*store, "a").await];
        for answer in alone.into_iter().chain(read_all(&*store, &["a", "b"]).await) {
            let error = failed(answer);
            assert_eq!((error.kind(), error.retry() != Retry::Never), (kind, retried), "{code}: {error:?}");
            assert!(format!("{error:?}").contains(message), "{code}: {error:?}");
        }
        world.server.mend();
    }
}

#[tokio::test]
async fn what_a_person_can_do_stands_in_the_hints() {
    let world = World::fake();
    for (code, message, expected) in [
        ("AccessDeniedException", "User: x is not authorized", "`secretsmanager:GetSecretValue`"),
        ("AccessDeniedException", "Access to KMS is not allowed", "`kms:Decrypt`"),
        ("ExpiredTokenException", "", "aws sso login"),
        ("InvalidSignatureException", "", "clock"),
    ] {
        world.server.server().faults().answer(Rule::any(), refusal(400, code, message));
        let shown = format!("{:?}", failed(read(&*world.store(&[]), "a").await));
        assert!(shown.contains(expected), "{code}: {shown}");
        world.server.mend();
    }
}

#[tokio::test]
async fn the_wait_that_the_service_asks_for_is_kept() {
    let world = World::fake();
    let answer = refusal(400, "ThrottlingException", "").header("retry-after", "7");
    world.server.server().faults().answer(Rule::any(), answer);
    let error = failed(read(&*world.store(&[]), "a").await);
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
}

#[tokio::test]
async fn nothing_is_retried_here() {
    let world = World::fake();
    world.server.server().faults().answer(Rule::any(), refusal(500, "InternalServiceError", ""));
    failed(read(&*world.store(&[]), "a").await);
    assert_eq!(world.server.server().log().entries().len(), 1);
}

#[tokio::test]
async fn one_denied_secret_hides_no_other() {
    let world = World::fake();
    world.put("a", "x").await;
    world.put("b", "y").await;
    world.rules().denied.insert("b".to_owned());
    let mut answers = read_all(&*world.store(&[]), &["a", "b", "c"]).await.into_iter();
    found(answers.next().expect("an answer"));
    let error = failed(answers.next().expect("an answer"));
    assert_eq!(error.kind(), Kind::Denied);
    assert!(format!("{error:?}").contains("is not authorized to perform"), "{error:?}");
    missing(answers.next().expect("an answer"));
    assert!(world.calls("GetSecretValue").is_empty());
}
