//! No secret in any text, whatever Vault answers.

use deployer_core::Error;
use deployer_testkit::answers::{address, failed, found, read};
use deployer_testkit::server::{Answer, Rule};
use serde_json::json;

use super::broken::{broken, canary};
use super::{BY_GITHUB, GIVEN, TOKEN, World};

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
    for answer in broken() {
        world.server.faults().answer(Rule::any(), answer.clone());
        assert_silent_error(&failed(read(&*world.store(&[GIVEN]), "a").await));
        assert_silent_error(&world.store(&[BY_GITHUB]).open().await.expect_err("no login"));
        assert_silent_error(&world.store(&[GIVEN]).names().await.expect_err("no names"));
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn credentials_that_vault_repeats_are_masked() {
    let world = World::new();
    let said = json!({ "errors": [format!("token {TOKEN} lacks a policy")] });
    world.server.faults().answer(Rule::any(), Answer::json(403, &said));
    let shown = format!("{:?}", failed(read(&*world.store(&[GIVEN]), "a").await));
    assert!(shown.contains("Vault says: token [secret] lacks a policy"), "{shown}");
}

#[tokio::test]
async fn long_words_of_vault_are_cut() {
    let world = World::new();
    let said = json!({ "errors": ["x".repeat(5000), "ø".repeat(5000)] });
    world.server.faults().answer(Rule::any(), Answer::json(400, &said));
    let shown = format!("{:?}", failed(read(&*world.store(&[GIVEN]), "a").await));
    assert_eq!(shown.matches('x').count().min(2048), 2048, "{}", shown.len());
    assert!(shown.len() < 3000 && !shown.contains('ø'), "{}", shown.len());
}

#[tokio::test]
async fn a_value_is_exact_and_nothing_that_is_shown_holds_it() {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "value": canary().value() }));
    let store = world.store(&[BY_GITHUB]);
    let answer = read(&*store, "a").await;
    let shown = format!("{answer:?} {store:?} {:?} {}", address(&*store, "a"), store.location());
    assert_silent(&shown);
    assert_eq!(found(answer), deployer_core::SecretValue::new(canary().value()));
    for token in world.vault.issued_tokens() {
        assert!(!format!("{store:?}").contains(&token.token));
        assert_eq!(world.context.redactor.mask(&token.token).0, "[secret]");
    }
}
