//! A Vault that does not answer as it should.

use std::time::Duration;

use axum::Router;
use deployer_core::{Kind, Retry, SecretValue};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::server::{Answer, Cut, Rule, Server};
use futures::future::join_all;
use serde_json::json;

use super::{GIVEN, World, told};

fn world() -> World {
    let world = World::new();
    world.vault.put("secret", "a", json!({ "value": "v" }));
    world
}

#[tokio::test]
async fn a_sealed_vault_is_retryable_after_the_time_it_asks_for_and_then_answers() {
    let world = world();
    let sealed = Answer::json(503, &json!({ "errors": ["Vault is sealed"] })).header("retry-after", "3");
    world.server.faults().answer(Rule::any().first(2), sealed);
    let store = world.store(&[GIVEN]);
    for _ in 0..2 {
        let error = failed(read(&*store, "a").await);
        assert_eq!(error.kind(), Kind::Unavailable);
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(3)));
        assert!(format!("{error:?}").contains("unseal"), "{error:?}");
    }
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"));
}

#[tokio::test]
async fn reads_that_wait_for_the_same_look_at_the_mount_share_its_failure() {
    let world = world();
    let store = world.store(&[GIVEN]);
    store.open().await.expect("the token is valid");
    let lookup = Rule::path("/v1/sys/internal/*").first(1);
    world.server.faults().answer(lookup, Answer::json(503, &json!({ "errors": ["Vault is sealed"] })));
    let answers = join_all((0..8).map(|_| read(&*store, "a"))).await;
    for answer in answers {
        assert_eq!(failed(answer).kind(), Kind::Unavailable);
    }
    let asked = || world.asked("GET", "/v1/sys/internal/ui/mounts/secret");
    assert_eq!(asked(), 1);
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"), "a later read asks again");
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn every_status_says_whether_it_may_pass() {
    let world = world();
    let store = world.store(&[GIVEN]);
    for (status, kind, retry, expected) in [
        (400, Kind::Rejected, Retry::Never, "Vault says: words of Vault"),
        (405, Kind::Settings, Retry::Never, "does not support `read`"),
        (412, Kind::Unavailable, Retry::Soon, "not up to date"),
        (429, Kind::RateLimited, Retry::Soon, "429"),
        (500, Kind::Unexpected, Retry::Soon, "500"),
        (502, Kind::Unavailable, Retry::Soon, "502"),
        (503, Kind::Unavailable, Retry::Soon, "503"),
    ] {
        let body = json!({ "errors": ["1 error occurred:\n\t* words of Vault\n\n", "words of Vault"] });
        world.server.faults().answer(Rule::path("/v1/secret/*"), Answer::json(status, &body));
        let error = failed(read(&*store, "a").await);
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{error:?}");
        assert!(format!("{error:?}").contains(expected), "{error:?}");
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn a_redirect_is_refused_and_the_token_does_not_go_along() {
    let (world, other) = (world(), Server::http(Router::new()));
    let standby = Answer::json(307, &json!({})).header("location", &other.url("/v1/secret/data/a"));
    world.server.faults().answer(Rule::any(), standby);
    let error = failed(read(&*world.store(&[GIVEN]), "a").await);
    let shown = format!("{error:?}");
    assert!(shown.contains(&other.address().to_string()) && shown.contains("standby"), "{shown}");
    assert_eq!(
        (error.kind(), error.retry(), other.log().entries().len()),
        (Kind::Unexpected, Retry::Never, 0)
    );
}

#[tokio::test]
async fn a_standby_server_is_followed_to_servers_that_the_settings_name_and_to_no_others() {
    let (world, other) = (world(), Server::http(Router::new()));
    let standby = Server::http(Router::new());
    let send_on = |to: &str, status: u16| {
        standby.faults().clear();
        Answer::json(status, &json!({})).header("location", to)
    };
    let active = world.server.url("/v1/secret/data/a");
    let settings = |allowed: &[String]| {
        let allowed = allowed.iter().map(|url| format!("\"{url}\"")).collect::<Vec<_>>().join(", ");
        [GIVEN.to_owned(), "kv_version = 2".to_owned(), format!("allow_redirects_to = [{allowed}]")]
    };
    let secrets = Rule::path("/v1/secret/*");
    let at_standby = |lines: &[String]| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        world.store_at(&standby.url(""), &lines)
    };
    let lookup = Answer::json(200, &json!({ "data": { "ttl": 0 } }));

    // To an allowed one the request goes along with its token.
    let answer = send_on(&active, 307);
    standby.faults().answer(secrets.clone(), answer);
    standby.faults().answer(Rule::path("/v1/auth/*"), lookup.clone());
    let store = at_standby(&settings(&[world.server.url("")]));
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"));

    // Another port, another scheme, and a status that is not Vault's are others.
    for (allowed, to, status) in [
        (world.server.url(""), other.url("/v1/secret/data/a"), 307),
        (world.server.url(""), active.replace("https:", "http:"), 307),
        (world.server.url(""), active.clone(), 302),
    ] {
        let before = world.server.log().entries().len();
        let answer = send_on(&to, status);
        standby.faults().answer(secrets.clone(), answer);
        standby.faults().answer(Rule::path("/v1/auth/*"), lookup.clone());
        let error = failed(read(&*at_standby(&settings(&[allowed])), "a").await);
        assert_eq!((error.kind(), error.retry()), (Kind::Unexpected, Retry::Never), "{error:?}");
        assert_eq!((world.server.log().entries().len(), other.log().entries().len()), (before, 0));
    }

    // Servers that send on to each other have an end.
    let answer = send_on(&standby.url("/v1/secret/data/a"), 307);
    standby.faults().answer(secrets, answer);
    standby.faults().answer(Rule::path("/v1/auth/*"), lookup);
    let error = failed(read(&*at_standby(&settings(&[])), "a").await);
    assert!(error.to_string().contains("more than 3 times"), "{error}");
}

#[tokio::test]
async fn a_web_page_of_a_proxy_is_told_as_one() {
    let world = world();
    for (status, kind) in [(502, Kind::Unavailable), (200, Kind::Unexpected)] {
        world.server.faults().answer(Rule::any(), Answer::html(status, "Sign in"));
        let error = failed(read(&*world.store(&[GIVEN]), "a").await);
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), kind, "{shown}");
        assert!(shown.contains("web page") && !shown.contains("Sign in"), "{shown}");
        world.server.faults().clear();
    }
}

#[tokio::test]
async fn a_cut_connection_may_pass_and_names_no_path() {
    let world = world();
    world.server.faults().cut(Rule::path("/v1/secret/*").first(1), Cut::BeforeAnswer);
    let store = world.store(&[GIVEN]);
    let error = failed(read(&*store, "a").await);
    assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon));
    assert_eq!(error.message(), format!("read secrets from Vault at {}", world.server.url("")));
    found(read(&*store, "a").await);
}

#[tokio::test]
async fn an_untrusted_certificate_says_what_to_set() {
    let (world, other) = (world(), World::new());
    let ca_file = other.server.ca_file().expect("an authority").display().to_string();
    let mut context = world.context.clone();
    context.variables = [("TOKEN", "token"), ("SSL_CERT_FILE", ca_file.as_str())].into_iter().collect();
    let text = format!("address = \"{}\"\nmount = \"secret\"\n{GIVEN}\n", world.server.url(""));
    let source = deployer_core::document::SourceText::new("deployer.toml", text);
    let section = deployer_core::plugin::Section::parse("stores.main", &source).expect("TOML");
    let deployer_core::plugin::Build::Store(build) = deployer_store_vault::VAULT.build else {
        panic!("a store")
    };
    let shown = told(build(section, &context).expect("a store").names().await);
    assert!(shown.contains("not trusted") && shown.contains("`ca_file`"), "{shown}");
}
