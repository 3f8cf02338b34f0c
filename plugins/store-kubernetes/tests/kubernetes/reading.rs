//! Values, keys and names, and no secret in any text.

use deployer_core::model::SecretName;
use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{failed, found, missing, planned, read, read_all};
use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Answer, Rule};
use serde_json::json;

use super::world::{NAMESPACE, TOKEN, World};

#[tokio::test]
async fn keys_of_one_secret_are_one_request() {
    let world = World::new();
    world.kubernetes.put(NAMESPACE, "database", "user", "bob");
    world.kubernetes.put(NAMESPACE, "database", "password", "hunter2");
    world.kubernetes.put(NAMESPACE, "plain-name", "value", "v");
    let table = [
        "table.user = \"database#user\"",
        "table.pass = \"database#password\"",
        "table.no = \"database#no\"",
        "names = \"dash\"",
    ];
    let store = world.store(&table);
    let names = ["user", "pass", "no", "Plain_name"];
    assert_eq!(planned(&*store, &names), 2);
    let mut answers = read_all(&*store, &names).await;
    assert_eq!(found(answers.remove(3)), SecretValue::new("v"));
    assert!(missing(answers.remove(2)).contains("no key `no`"));
    assert_eq!(found(answers.remove(1)), SecretValue::new("hunter2"));
    assert_eq!(found(answers.remove(0)), SecretValue::new("bob"));
    assert_eq!(world.server.log().entries().len(), 2);
}

#[tokio::test]
async fn another_namespace_has_other_secrets() {
    let world = World::new();
    world.kubernetes.put("other", "db", "value", "v");
    assert_eq!(missing(read(&*world.store(&[]), "db").await), "");
}

#[tokio::test]
async fn a_binary_value_is_rejected() {
    let world = World::new();
    world.kubernetes.put(NAMESPACE, "bytes", "value", [0xff, 0xfe]);
    let error = failed(read(&*world.store(&[]), "bytes").await);
    assert!(error.kind() == Kind::Rejected && format!("{error:?}").contains("binary"), "{error:?}");
}

#[tokio::test]
async fn names_are_listed_without_their_values() {
    let world = World::new();
    for number in 0..501 {
        world.kubernetes.put(NAMESPACE, &format!("s-{number}"), "value", "a value that is not listed");
    }
    let names = world.store(&["prefix = \"s-\""]).names().await.unwrap().expect("permitted");
    assert!(names.len() == 501 && names.contains(&SecretName::new("500")), "{names:?}");
    let entries = world.server.log().entries();
    assert_eq!(entries.len(), 2, "pages of 500");

    world.kubernetes.put(NAMESPACE, "all", "one", "v");
    let store = world.store(&["naming = \"bundle\"", "path = \"all\""]);
    assert_eq!(store.names().await.unwrap(), Some(vec![SecretName::new("one")]));
}

#[tokio::test]
async fn two_names_at_one_place_stop_the_run_before_the_first_request() {
    let world = World::new();
    let store = world.store(&["names = \"dash\""]);
    let address = |name: &str| store.address(&deployer_testkit::answers::wanted(name));
    address("a_b").unwrap();
    assert_eq!(address("a.b").unwrap_err().kind(), Kind::Verification);
    assert_eq!(store.open().await.unwrap_err().kind(), Kind::Verification);
    assert!(world.server.log().entries().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_the_secret_is_unexpected() {
    let world = World::new();
    for body in [
        json!({ "kind": "Secret", "metadata": { "name": "b" }, "data": { "value": "dg==" } }),
        json!({ "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "value": "dg==" } }),
        json!({ "kind": "Secret", "metadata": { "name": "a" }, "data": { "value": "?" } }),
    ] {
        world.server.faults().answer(Rule::any(), Answer::json(200, &body));
        assert_eq!(failed(read(&*world.store(&[]), "a").await).kind(), Kind::Unexpected, "{body}");
        world.server.faults().clear();
    }
    let body = json!({ "metadata": { "continue": "again" }, "items": [] });
    world.server.faults().answer(Rule::any(), Answer::json(200, &body));
    assert_eq!(world.store(&[]).names().await.unwrap_err().kind(), Kind::Unexpected, "a list without an end");
}

#[tokio::test]
async fn no_answer_that_cannot_be_read_is_repeated_and_tokens_are_masked() {
    let world = World::new();
    let canary = Canary::hostile("value");
    let value = canary.value();
    let store = world.store(&[]);
    let bodies = [
        json!(value).to_string(),
        json!({ "kind": "Secret", "metadata": { "name": "a" }, "data": [value] }).to_string(),
        json!({ "kind": "Secret", "metadata": { "name": "a" }, "data": { "value": value } }).to_string(),
        format!("<html>{value}</html>"),
    ];
    for body in bodies {
        for status in [200, 403, 500] {
            let answer = Answer { status, headers: Vec::new(), body: body.clone() };
            world.server.faults().answer(Rule::any(), answer);
            let shown = format!("{:?} {:?}", failed(read(&*store, "a").await), store.names().await);
            assert!(canary.find(shown.as_bytes()).is_empty(), "{shown}");
            world.server.faults().clear();
        }
    }
    let body = json!({ "kind": "Status", "reason": "Forbidden", "message": format!("not with {TOKEN}") });
    world.server.faults().answer(Rule::any(), Answer::json(403, &body));
    let shown = format!("{:?}", failed(read(&*store, "a").await));
    assert!(shown.contains("Kubernetes says: not with [secret]"), "{shown}");
}
