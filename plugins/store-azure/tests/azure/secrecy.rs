//! No secret in any text, whatever Key Vault answers.

use deployer_core::{Error, SecretValue};
use deployer_testkit::answers::{address, failed, found, read};
use deployer_testkit::server::{Answer, Rule};
use serde_json::json;

use super::broken::{broken, canary};
use super::world::{SECRET, World};

#[track_caller]
fn assert_silent(shown: &str) {
    let findings = canary().find(shown.as_bytes());
    assert!(findings.is_empty(), "{findings:?}");
}

#[track_caller]
fn assert_silent_error(error: &Error) {
    assert_silent(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn no_answer_that_cannot_be_read_is_repeated() {
    let world = World::new();
    let open = world.store(&[]);
    open.open().await.expect("a login");
    for answer in broken() {
        world.server.faults().answer(Rule::any(), answer.clone());
        assert_silent_error(&failed(read(&*open, "a").await));
        assert_silent_error(&open.names().await.expect_err("no names"));
        assert_silent_error(&failed(read(&*world.store(&[]), "a").await));
        world.server.faults().clear();
        // The login alone in trouble.
        world.server.faults().answer(Rule::path("*/oauth2/v2.0/token"), answer);
        assert_silent_error(&world.store(&[]).open().await.expect_err("no login"));
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn credentials_that_the_services_repeat_are_masked() {
    let world = World::new();
    let said = json!({ "error": { "code": "Forbidden", "message": format!("not with {SECRET}") } });
    world.server.faults().answer(Rule::path("/secrets/*"), Answer::json(403, &said));
    let shown = format!("{:?}", failed(read(&*world.store(&[]), "a").await));
    assert!(shown.contains("Key Vault says: not with [secret]"), "{shown}");
}

#[tokio::test]
async fn long_words_are_cut() {
    let world = World::new();
    let said = json!({ "error": { "code": "Forbidden", "message": format!("{}\n{}", "x".repeat(5000), "ø".repeat(5000)) } });
    world.server.faults().answer(Rule::path("/secrets/*"), Answer::json(403, &said));
    let shown = format!("{:?}", failed(read(&*world.store(&[]), "a").await));
    assert!(
        shown.contains(&"x".repeat(2048)) && shown.len() < 3000 && !shown.contains('ø'),
        "{}",
        shown.len()
    );
}

#[tokio::test]
async fn a_value_is_exact_and_nothing_that_is_shown_holds_it() {
    let world = World::new();
    world.vault.put("a", canary().value());
    let store = world.store(&[]);
    let answer = read(&*store, "a").await;
    assert_silent(&format!("{answer:?} {store:?} {:?} {}", address(&*store, "a"), store.location()));
    assert_eq!(found(answer), SecretValue::new(canary().value()));
    for issued in world.vault.issued_tokens() {
        assert!(!format!("{store:#?}").contains(&issued.token) && !format!("{store:#?}").contains(SECRET));
    }
}
