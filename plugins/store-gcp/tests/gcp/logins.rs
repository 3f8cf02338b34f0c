//! The logins.

use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{found, read};
use deployer_testkit::axum::routing::get;
use deployer_testkit::axum::{Json, Router};
use deployer_testkit::server::Server;
use serde_json::json;

use super::world::{ACCOUNT, BY_KEY, IDENTITY, PROVIDER, World};

/// The login by federation with these further settings.
fn federation(world: &World, more: &str) -> String {
    let address = world.server.url("");
    format!(
        "login.workload_identity = {{ provider = \"{PROVIDER}\", sts_address = \"{address}\", iam_address = \"{address}\", {more} }}"
    )
}

fn logins(world: &World) -> Vec<(String, String)> {
    world.manager.issued_tokens().into_iter().map(|issued| (issued.login, issued.principal)).collect()
}

#[tokio::test]
async fn a_signed_assertion_becomes_a_token() {
    let world = World::new();
    world.manager.put("a", "v");
    assert_eq!(found(read(&*world.store(&[]), "a").await), SecretValue::new("v"));
    assert_eq!(logins(&world), [("/token".to_owned(), ACCOUNT.to_owned())]);
}

#[tokio::test]
async fn an_identity_token_becomes_a_token_with_and_without_a_service_account() {
    let world = World::new();
    world.manager.put("a", "v");
    world.manager.provider(PROVIDER, IDENTITY);
    for (more, count) in [("", 1), (&*format!(", service_account = \"{ACCOUNT}\""), 3)] {
        let login = federation(&world, &format!("token = {{ env = \"TOKEN\" }}{more}"));
        let store = world.try_store(&[&login], &[("TOKEN", IDENTITY)]).unwrap();
        assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"));
        assert_eq!(logins(&world).len(), count);
    }
    assert_eq!(logins(&world)[2], (":generateAccessToken".to_owned(), ACCOUNT.to_owned()));
}

#[tokio::test]
async fn the_identity_token_of_github_actions_is_fetched_for_the_provider() {
    let world = World::new();
    world.manager.put("a", "v");
    world.manager.provider(PROVIDER, IDENTITY);
    let github =
        Server::http(Router::new().route("/token", get(async || Json(json!({ "value": IDENTITY })))));
    let login = federation(&world, "github_actions = {}");
    let url = github.url("/token?api-version=2.0");
    let variables =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", &*url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token-0001")];
    let store = world.try_store(&[&login], &variables).unwrap();
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"));
    let query = github.log().entries()[0].path.clone();
    assert!(
        query.contains("api-version=2.0&audience=https%3A%2F%2Fiam.googleapis.com%2Fprojects"),
        "{query}"
    );
    let error = world.try_store(&[&login], &[]).unwrap_err();
    assert!(format!("{error:?}").contains("id-token: write"), "{error:?}");
}

#[tokio::test]
async fn the_metadata_server_is_asked_only_by_name() {
    let world = World::new();
    world.manager.put("a", "v");
    world.manager.machine(ACCOUNT);
    let metadata = Server::http(world.manager.router());
    let host = metadata.address().to_string();
    let variables = [("GCE_METADATA_HOST", &*host)];
    world.try_store(&[], &variables).expect_err("no login");
    for login in
        ["login.metadata = {}".to_owned(), format!("login.metadata = {{ service_account = \"{ACCOUNT}\" }}")]
    {
        let store = world.try_store(&[&login], &variables).unwrap();
        assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"));
    }
    assert_eq!(metadata.log().entries().len(), 2);
    let other =
        Server::http(Router::new().fallback(async || Json(json!({ "access_token": "x", "expires_in": 9 }))));
    let host = other.address().to_string();
    let store = world.try_store(&["login.metadata = {}"], &[("GCE_METADATA_HOST", &host)]).unwrap();
    assert_eq!(store.open().await.unwrap_err().kind(), Kind::Unexpected, "another server answers");
}

#[tokio::test]
async fn a_given_access_token_is_used_as_it_is() {
    let world = World::new();
    world.manager.put("a", "v");
    world.store(&[]).open().await.unwrap();
    let token = world.manager.issued_tokens().remove(0).token;
    let store = world.try_store(&["login.access_token = { env = \"TOKEN\" }"], &[("TOKEN", &token)]).unwrap();
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("v"));
    assert_eq!(world.manager.issued_tokens().len(), 1);
}

#[tokio::test]
async fn rejected_logins_have_googles_words_and_the_next_step() {
    let world = World::new();
    let stale = world.key.clone();
    world.manager.service_account(ACCOUNT, &world.server.url(""));
    let store = world.try_store(&[BY_KEY], &[("KEY", &stale)]).unwrap();
    let error = store.open().await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(error.kind() == Kind::Unauthenticated && shown.contains("Invalid JWT Signature"), "{shown}");

    let login = federation(&world, "token = { env = \"TOKEN\" }");
    let store = world.try_store(&[&login], &[("TOKEN", IDENTITY)]).unwrap();
    let error = store.open().await.unwrap_err();
    assert!(
        error.kind() == Kind::Unauthenticated
            && format!("{error:?}").contains("`login.workload_identity.provider`"),
        "{error:?}"
    );

    world.manager.provider(PROVIDER, IDENTITY);
    let login = federation(
        &world,
        "token = { env = \"TOKEN\" }, service_account = \"other@x.iam.gserviceaccount.com\"",
    );
    let store = world.try_store(&[&login], &[("TOKEN", IDENTITY)]).unwrap();
    let error = store.open().await.unwrap_err();
    assert!(
        error.kind() == Kind::Denied && format!("{error:?}").contains("workloadIdentityUser"),
        "{error:?}"
    );
}
