//! Values, and secrets that are there and cannot be had.

use deployer_core::traits::SecretAnswer;
use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{failed, found, missing, planned, read, read_all};

use super::world::World;

fn warning(answer: SecretAnswer) -> String {
    match answer {
        SecretAnswer::Found { notes, .. } => notes.into_iter().map(|note| note.message).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn missing_deleted_and_disabled_are_told_apart() {
    let world = World::new();
    for name in ["deleted", "disabled"] {
        world.vault.put(name, "v");
    }
    world.vault.delete("deleted");
    world.vault.disable("disabled");
    let store = world.store(&[]);
    assert_eq!(missing(read(&*store, "absent").await), "");
    let told = missing(read(&*store, "deleted").await);
    assert!(
        told.contains("it was deleted at 2") && told.contains("recover") && told.contains("until 2"),
        "{told}"
    );
    let error = failed(read(&*store, "disabled").await);
    let shown = format!("{error:?}");
    assert!(
        error.kind() == Kind::Denied
            && shown.contains("read disabled from")
            && shown.contains("--enabled true"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_expired_secret_and_an_early_one_are_found_with_a_warning() {
    let world = World::new();
    for name in ["old", "early", "fine"] {
        world.vault.put(name, "v");
    }
    world.vault.expires("old", 1_000_000_000);
    world.vault.starts("early", 4_102_444_800);
    world.vault.expires("fine", 4_102_444_800);
    let store = world.store(&[]);
    assert_eq!(warning(read(&*store, "old").await), "old expired at 2001-09-09T01:46:40Z");
    assert_eq!(warning(read(&*store, "early").await), "early is not valid before 2100-01-01T00:00:00Z");
    assert_eq!(warning(read(&*store, "fine").await), "");
}

#[tokio::test]
async fn five_hundred_secrets_are_one_login_and_one_request_each() {
    let world = World::new();
    let names: Vec<String> = (0..500).map(|number| format!("many-{number}")).collect();
    for name in &names {
        world.vault.put(name, name);
    }
    let store = world.store(&[]);
    store.open().await.expect("a login");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(planned(&*store, &names), 500);
    for (name, answer) in names.iter().zip(read_all(&*store, &names).await) {
        assert_eq!(found(answer), SecretValue::new(*name));
    }
    // A challenge, the login, and the first request with a token come before.
    assert_eq!(world.vault.issued_tokens().len(), 1);
    assert_eq!(world.server.log().entries().len(), 3 + 500);
    assert_eq!(world.asked("/secrets/"), 500);
}

#[tokio::test]
async fn readers_that_start_together_without_opening_log_in_once() {
    let world = World::new();
    world.vault.put("a", "v");
    let store = world.store(&[]);
    let reads = (0..100).map(|_| read(&*store, "a"));
    for answer in futures::future::join_all(reads).await {
        assert_eq!(found(answer), SecretValue::new("v"));
    }
    assert_eq!(world.vault.issued_tokens().len(), 1);
    assert_eq!(world.server.log().entries().len(), 3 + 100);
}
