//! A vault that refuses, or does not answer as it should.

use std::time::Duration;

use axum::Router;
use deployer_core::{Kind, Retry, SecretValue};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::azure::{Network, Permission};
use deployer_testkit::server::{Answer, Cut, Rule, Server};
use serde_json::json;

use super::world::{World, build};

fn world() -> World {
    let world = World::new();
    world.vault.put("a", "v");
    world
}

#[tokio::test]
async fn a_missing_role_and_a_missing_policy_are_told_apart() {
    for (permission, expected) in
        [(Permission::Role, "`Key Vault Secrets User`"), (Permission::Policy, "az keyvault set-policy")]
    {
        let world = world();
        world.vault.refuse("a", permission);
        world.vault.refuse_lists(permission);
        world.vault.put("b", "v");
        let store = world.store(&[]);
        let error = failed(read(&*store, "a").await);
        let shown = format!("{error:?}");
        assert_eq!((error.kind(), error.retry()), (Kind::Denied, Retry::Never), "{shown}");
        assert!(shown.contains("read a from Key Vault") && shown.contains(expected), "{shown}");
        assert!(shown.contains("Key Vault says:"), "{shown}");
        found(read(&*store, "b").await);
        assert_eq!(store.names().await.expect("no failure"), None);
    }
}

#[tokio::test]
async fn a_firewall_is_told_once_for_all_secrets() {
    for (network, expected) in
        [(Network::Firewall, "az keyvault network-rule add"), (Network::PrivateOnly, "private endpoint")]
    {
        let world = world();
        world.vault.network(Some(network));
        let store = world.store(&[]);
        let (one, other) = (failed(read(&*store, "a").await), failed(read(&*store, "b").await));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_eq!((one.kind(), one.retry()), (Kind::Denied, Retry::Never));
        assert!(format!("{one:?}").contains(expected), "{one:?}");
        let error = store.names().await.expect_err("a failure that people should hear of");
        assert!(format!("{error:?}").contains(expected), "{error:?}");
    }
}

#[tokio::test]
async fn a_vault_of_another_tenant_does_not_accept_the_token() {
    let world = world();
    world.vault.accept_no_token(true);
    let error = failed(read(&*world.store(&[]), "a").await);
    let shown = format!("{error:?}");
    assert_eq!(error.kind(), Kind::Unauthenticated, "{shown}");
    assert!(shown.contains("AKV10032") && shown.contains("`tenant`"), "{shown}");
}

#[tokio::test]
async fn throttling_says_how_long_to_wait_and_nothing_is_tried_again_here() {
    let world = world();
    let store = world.store(&[]);
    store.open().await.expect("a login");
    world.server.log().clear();
    let body = json!({ "error": { "code": "Throttled", "message": "Request was not processed" } });
    world.server.faults().answer(Rule::any().first(1), Answer::json(429, &body).header("retry-after", "7"));
    let error = failed(read(&*store, "a").await);
    assert_eq!(
        (error.kind(), error.retry()),
        (Kind::RateLimited, Retry::After(Duration::from_secs(7))),
        "{error:?}"
    );
    assert_eq!(world.server.log().entries().len(), 1);
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"));
}

#[tokio::test]
async fn every_status_says_whether_it_may_pass() {
    let world = world();
    let store = world.store(&[]);
    store.open().await.expect("a login");
    for (status, kind, retry) in [
        (400, Kind::Rejected, Retry::Never),
        (401, Kind::Unauthenticated, Retry::Never),
        (403, Kind::Denied, Retry::Never),
        (404, Kind::NotFound, Retry::Never),
        (408, Kind::Timeout, Retry::Soon),
        (500, Kind::Unexpected, Retry::Soon),
        (502, Kind::Unavailable, Retry::Soon),
        (503, Kind::Unavailable, Retry::Soon),
        (504, Kind::Unavailable, Retry::Soon),
    ] {
        let body = json!({ "error": { "code": "Code", "message": "words of\r\n\r\nthe vault" } });
        world.server.faults().answer(Rule::any(), Answer::json(status, &body));
        let error = failed(read(&*store, "a").await);
        let shown = format!("{error:?}");
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{status}: {shown}");
        assert!(
            shown.contains("Key Vault says: words of") && shown.contains("Key Vault says: the vault"),
            "{shown}"
        );
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn a_login_service_in_trouble_may_pass() {
    let world = world();
    for (status, kind, retry) in [
        (429, Kind::RateLimited, Retry::After(Duration::from_secs(3))),
        (503, Kind::Unavailable, Retry::After(Duration::from_secs(3))),
    ] {
        let store = world.store(&[]);
        let rule = Rule::path("*/oauth2/v2.0/token");
        world.server.faults().answer(rule, Answer::html(status, "busy").header("retry-after", "3"));
        let error = store.open().await.expect_err("no login");
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{error:?}");
        world.server.faults().clear();
        store.open().await.expect("it has passed");
    }
}

#[tokio::test]
async fn a_404_of_another_server_is_no_missing_secret() {
    let world = world();
    let store = world.store(&[]);
    store.open().await.expect("a login");
    world.server.faults().answer(Rule::any(), Answer::html(404, "Nothing here"));
    let error = failed(read(&*store, "a").await);
    let shown = format!("{error:?}");
    assert!(
        error.kind() == Kind::NotFound && shown.contains("`address`") && !shown.contains("Nothing"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_cut_connection_may_pass_and_names_no_secret() {
    let world = world();
    let store = world.store(&[]);
    store.open().await.expect("a login");
    world.server.faults().cut(Rule::any().first(1), Cut::BeforeAnswer);
    let error = failed(read(&*store, "a").await);
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon), "{error:?}");
    assert_eq!(error.message(), format!("read secrets from Key Vault {}", world.server.url("")));
    found(read(&*store, "a").await);
}

#[tokio::test]
async fn a_redirect_is_refused_and_the_token_does_not_go_along() {
    let (world, other) = (world(), Server::https(Router::new()));
    let store = world.store(&[]);
    store.open().await.expect("a login");
    let elsewhere = Answer::json(307, &json!({})).header("location", &other.url("/secrets/a"));
    world.server.faults().answer(Rule::any(), elsewhere);
    let error = failed(read(&*store, "a").await);
    assert!(format!("{error:?}").contains(&other.address().to_string()), "{error:?}");
    assert_eq!((error.kind(), other.log().entries().len()), (Kind::Unexpected, 0));
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_told_with_the_setting_that_helps() {
    let world = world();
    let text = world.settings(&[&World::by_secret("SECRET")]);
    let text: String =
        text.lines().filter(|line| !line.starts_with("http")).flat_map(|line| [line, "\n"]).collect();
    let store = build(&text, &world.context).expect("a store");
    let error = store.open().await.expect_err("not trusted");
    let shown = format!("{error:?}");
    assert!(
        error.retry() == Retry::Never && shown.contains("not trusted") && shown.contains("`ca_file`"),
        "{shown}"
    );
}
