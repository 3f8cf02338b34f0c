//! Secrets that are there, and those that are not.

use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{address, failed, found, missing, planned, read, read_all};
use deployer_testkit::server::{Answer, Rule};
use deployer_testkit::vault::KvVersion;
use futures::future::join_all;
use serde_json::json;

use super::{GIVEN, World};

#[tokio::test]
async fn found_missing_deleted_destroyed_and_denied_are_told_apart() {
    let world = World::new();
    for name in ["here", "deleted", "destroyed", "denied"] {
        world.vault.put("secret", &format!("sesam/{name}"), json!({ "value": "v1\n" }));
    }
    world.vault.delete("secret", "sesam/deleted");
    world.vault.destroy("secret", "sesam/destroyed");
    world.vault.deny("secret/data/sesam/denied");
    let store = world.store(&[GIVEN, "prefix = \"sesam/\""]);
    assert_eq!(found(read(&*store, "here").await), SecretValue::new("v1\n"));
    assert_eq!(missing(read(&*store, "absent").await), "");
    let why = missing(read(&*store, "deleted").await);
    assert!(why.contains("version 1 was deleted at 2026-01-02") && why.contains("undelete"), "{why}");
    let why = missing(read(&*store, "destroyed").await);
    assert!(why.contains("version 1 was destroyed"), "{why}");
    let error = failed(read(&*store, "denied").await);
    assert_eq!(error.kind(), Kind::Denied);
    assert!(format!("{error:?}").contains("grants `read` on `secret/data/sesam/denied`"), "{error:?}");
}

#[tokio::test]
async fn every_name_reaches_its_own_path_below_an_address_with_a_path() {
    let world = World::below("/proxy/vault");
    world.vault.mount("team/kv", KvVersion::Two);
    let store = world.store(&[GIVEN, "mount = \"/team/kv/\"", "prefix = \"prod-\"", "field = \"pw\""]);
    for name in ["plain", "a/b", "a b", "50%", "%2e%2e", "q?x=1", "hash#pw", "ø", "back\\slash", "plus+"] {
        world.vault.put("team/kv", &format!("prod-{name}"), json!({ "pw": name, "value": "other" }));
        assert_eq!(found(read(&*store, name).await), SecretValue::new(name), "{name}");
    }
    assert_eq!(address(&*store, "hash#pw").as_str(), "team/kv/prod-hash%23pw#pw");
    let entries = world.server.log().entries();
    assert!(entries.iter().all(|entry| entry.path.starts_with("/proxy/vault/v1/")));
    assert!(entries.iter().any(|entry| entry.path.starts_with("/proxy/vault/v1/team/kv/data/")));
}

#[tokio::test]
async fn one_path_is_one_read() {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "x": "1", "y": "2" }));
    let store = world.store(&[GIVEN, "naming = { template = \"a#{name}\" }"]);
    assert_eq!(planned(&*store, &["x", "y", "z"]), 1);
    let mut answers = read_all(&*store, &["x", "y", "z"]).await;
    assert_eq!(missing(answers.remove(2)), "it exists and has no field `z`");
    let values: Vec<_> = answers.into_iter().map(found).collect();
    assert_eq!(values, [SecretValue::new("1"), SecretValue::new("2")]);
    assert_eq!(world.asked("GET", "/v1/secret/data/a"), 1);
}

#[tokio::test]
async fn the_mount_is_asked_for_once_and_not_at_all_when_the_version_is_pinned() {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "value": "1" }));
    let asked = || world.asked("GET", "/v1/sys/internal/ui/mounts/secret");
    let store = world.store(&[GIVEN]);
    join_all((0..20).map(|_| read(&*store, "a"))).await.into_iter().for_each(|answer| drop(found(answer)));
    missing(read(&*store, "x").await);
    assert_eq!(asked(), 1);
    let store = world.store(&[GIVEN, "kv_version = 2"]);
    found(read(&*store, "a").await);
    assert_eq!(asked(), 1);
    missing(read(&*store, "x").await);
    missing(read(&*store, "y").await);
    assert_eq!(asked(), 2, "before anything is called missing, the mount is looked at once");
}

#[tokio::test]
async fn an_engine_of_version_1_is_never_read_as_of_version_2() {
    let world = World::new();
    world.vault.mount("old", KvVersion::One);
    world.vault.put("old", "a", json!({ "value": "right" }));
    // The path that a read as of version 2 requests, with the members of an answer of version 2.
    world.vault.put("old", "data/a", json!({ "data": { "value": "wrong" }, "metadata": { "version": 1 } }));
    let store = world.store(&[GIVEN, "mount = \"old\""]);
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("right"));
}

#[tokio::test]
async fn a_mount_that_may_not_be_looked_up_is_taken_to_be_of_version_2() {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "value": "1" }));
    world.vault.put("secret", "denied", json!({ "value": "1" }));
    world.vault.deny("secret/data/denied");
    let about = Rule::path("/v1/sys/internal/*");
    world.server.faults().answer(about, Answer::json(403, &json!({ "errors": ["permission denied"] })));
    let store = world.store(&[GIVEN]);
    found(read(&*store, "a").await);
    assert_eq!(missing(read(&*store, "x").await), "");
    let shown = format!("{:?}", failed(read(&*store, "denied").await));
    assert!(shown.contains("set `kv_version`"), "{shown}");
}

#[tokio::test]
async fn a_mount_that_is_not_described_is_not_guessed_at() {
    let world = World::new();
    let about = Rule::path("/v1/sys/internal/*");
    world.server.faults().answer(about, Answer::json(200, &json!({ "data": { "options": null } })));
    let error = failed(read(&*world.store(&[GIVEN]), "a").await);
    assert_eq!(error.kind(), Kind::Unexpected);
    assert!(format!("{error:?}").contains("set `kv_version`"), "{error:?}");
}

#[tokio::test]
async fn names_are_those_below_the_prefix() {
    let world = World::new();
    for path in ["sesam/prod-a", "sesam/prod-b", "sesam/prod-folder/c", "sesam/test-a", "other"] {
        world.vault.put("secret", path, json!({ "value": "v" }));
    }
    let names = |prefix: &'static str| {
        let store = world.store(&[GIVEN, &format!("prefix = \"{prefix}\"")]);
        async move {
            let names = store.names().await.expect("a list").expect("it may list");
            names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(names("sesam/prod-").await, ["a", "b"]);
    assert_eq!(names("sesam/").await, ["prod-a", "prod-b", "test-a"]);
    assert_eq!(names("").await, ["other"]);
    assert_eq!(names("absent/").await, [""; 0]);
    world.server.faults().answer(Rule::new("LIST", "*"), Answer::html(405, "no such method"));
    assert_eq!(names("sesam/prod-").await, ["a", "b"]);
    world.vault.deny("secret/metadata/*");
    assert_eq!(world.store(&[GIVEN]).names().await.expect("not a failure"), None);
}
