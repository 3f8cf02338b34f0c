//! Refusals, and no secret in any text.

use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Answer, Rule};
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_project_without_the_service_is_one_error_for_all_secrets() {
    let world = World::new();
    world.manager.put("a", "v");
    world.manager.disable_service(true);
    let store = world.store(&[]);
    let errors = [failed(read(&*store, "a").await), failed(read(&*store, "b").await)];
    assert_eq!(errors[0], errors[1]);
    assert!(format!("{:?}", errors[0]).contains("gcloud services enable"), "{:?}", errors[0]);
    assert_eq!(store.names().await.unwrap_err().kind(), Kind::Denied, "it is not about a permission");
}

#[tokio::test]
async fn a_revoked_token_is_one_error_for_all_secrets() {
    let world = World::new();
    let store = world.store(&[]);
    store.open().await.unwrap();
    world.manager.accept_no_token(true);
    let errors = [failed(read(&*store, "a").await), failed(read(&*store, "b").await)];
    assert_eq!(errors[0], errors[1]);
    assert_eq!(errors[0].kind(), Kind::Unauthenticated);
}

#[tokio::test]
async fn an_answer_for_another_secret_is_unexpected() {
    let world = World::new();
    for body in
        [json!({}), json!({ "name": "projects/1/secrets/b/versions/1", "payload": { "data": "dg==" } })]
    {
        world.server.faults().answer(Rule::path("/v1/*"), Answer::json(200, &body));
        assert_eq!(failed(read(&*world.store(&[]), "a").await).kind(), Kind::Unexpected, "{body}");
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn a_list_that_repeats_a_page_ends() {
    let world = World::new();
    let body = json!({ "secrets": [], "nextPageToken": "again" });
    world.server.faults().answer(Rule::path("/v1/*"), Answer::json(200, &body));
    let error = world.store(&[]).names().await.unwrap_err();
    assert!(error.kind() == Kind::Unexpected && format!("{error:?}").contains("read before"), "{error:?}");
}

#[tokio::test]
async fn no_answer_that_cannot_be_read_is_repeated() {
    let world = World::new();
    let canary = Canary::hostile("value");
    let silent = |shown: &str| assert!(canary.find(shown.as_bytes()).is_empty(), "{shown}");
    let open = world.store(&[]);
    open.open().await.unwrap();
    let value = canary.value();
    let name = "projects/1/secrets/a/versions/1";
    let bodies = [
        json!(value).to_string(),
        json!({ "name": name, "payload": { "data": value } }).to_string(),
        json!({ "name": name, "payload": [value], "access_token": [value], "expires_in": value }).to_string(),
        json!({ "secrets": [{ "name": [value] }], "nextPageToken": [value] }).to_string(),
        format!("<html>{value}</html>"),
    ];
    for body in bodies {
        for status in [200, 403, 500] {
            let answer = Answer { status, headers: Vec::new(), body: body.clone() };
            world.server.faults().answer(Rule::any(), answer);
            silent(&format!("{:?}", failed(read(&*open, "a").await)));
            silent(&format!("{:?}", open.names().await));
            silent(&format!("{:?}", world.store(&[]).open().await.unwrap_err()));
            world.server.faults().clear();
        }
    }
}

#[tokio::test]
async fn a_token_that_the_service_repeats_is_masked() {
    let world = World::new();
    let store = world.store(&[]);
    store.open().await.unwrap();
    let token = world.manager.issued_tokens().remove(0).token;
    let body = json!({ "error": { "status": "PERMISSION_DENIED", "message": format!("not with {token}") } });
    world.server.faults().answer(Rule::path("/v1/*"), Answer::json(403, &body));
    let shown = format!("{:?}", failed(read(&*store, "a").await));
    assert!(shown.contains("Google says: not with [secret]"), "{shown}");
}

#[tokio::test]
async fn a_value_is_exact_and_appears_in_no_text() {
    let world = World::new();
    let canary = Canary::hostile("value");
    world.manager.put("a", canary.value());
    let store = world.store(&[]);
    let answer = read(&*store, "a").await;
    let shown = format!("{answer:?} {store:#?}");
    assert!(canary.find(shown.as_bytes()).is_empty() && !shown.contains("ya29"), "{shown}");
    assert_eq!(found(answer), SecretValue::new(canary.value()));
}
