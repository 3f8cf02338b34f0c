//! Region and credentials.

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind};
use deployer_testkit::answers::{failed, found, read};
use deployer_testkit::server::{Answer, Rule, Server};
use futures::future::join_all;
use serde_json::json;
use tempfile::TempDir;

use super::world::{World, built};

fn context(variables: &[(&str, &str)]) -> Context {
    let mut context = Context::new("test");
    let off = ("AWS_EC2_METADATA_DISABLED", "true");
    context.variables = variables.iter().copied().chain([off]).collect();
    context
}

async fn refused(variables: &[(&str, &str)], settings: &[&str]) -> Error {
    built(&context(variables), settings).open().await.expect_err("it cannot log in")
}

#[tokio::test]
async fn no_region_and_no_credentials_are_told_at_once_with_what_to_set() {
    let error = refused(&[], &[]).await;
    assert_eq!(error.kind(), Kind::Settings);
    let shown = format!("{error:?}");
    for expected in ["no region", "AWS_REGION", "no credentials", "AWS_ACCESS_KEY_ID"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let error = refused(&[("AWS_REGION", "eu-west-1")], &[]).await;
    assert!(error.to_string().starts_with("no credentials") && error.kind() == Kind::Settings, "{error:?}");
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")];
    let error = refused(&keys, &[]).await;
    assert!(error.to_string().contains("no region") && error.kind() == Kind::Settings, "{error:?}");
}

#[tokio::test]
async fn a_profile_gives_region_and_keys_and_an_absent_one_is_named() {
    let world = World::fake();
    world.put("a", "x").await;
    let home = TempDir::new().expect("a folder");
    let folder = home.path().join(".aws");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("config"), "[profile sesam]\nregion = eu-west-1\n").expect("a file");
    let keys = "[sesam]\naws_access_key_id = a\naws_secret_access_key = hunter2hunter2\n";
    std::fs::write(folder.join("credentials"), keys).expect("a file");
    let url = world.server.url("");
    let home = home.path().display().to_string();
    let variables = [("HOME", home.as_str()), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", url.as_str())];
    let with_profile = context(&variables);
    let store = built(&with_profile, &["profile = \"sesam\""]);
    found(read(&*store, "a").await);
    assert_eq!(with_profile.redactor.mask("hunter2hunter2").0, "[secret]");
    let error = refused(&variables, &["profile = \"semas\"", "region = \"eu-west-1\""]).await;
    assert_eq!(error.kind(), Kind::Settings);
    assert!(format!("{error:?}").contains("\"semas\""), "{error:?}");
}

#[tokio::test]
async fn a_profile_of_sso_names_the_login_or_the_feature_that_it_needs() {
    let home = TempDir::new().expect("a folder");
    let config = home.path().join("config");
    let profile = "[profile team]\nsso_start_url = https://example.com/start\nsso_region = eu-west-1\n\
                   sso_account_id = 123456789012\nsso_role_name = reader\n";
    std::fs::write(&config, profile).expect("a file");
    let (home, config) = (home.path().display().to_string(), config.display().to_string());
    let variables =
        [("HOME", home.as_str()), ("AWS_CONFIG_FILE", config.as_str()), ("AWS_REGION", "eu-west-1")];
    let error = refused(&variables, &["profile = \"team\""]).await;
    let (kind, expected) = if cfg!(feature = "sso") {
        (Kind::Unauthenticated, "`aws sso login`")
    } else {
        (Kind::Settings, "without the feature `aws-sso`")
    };
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(format!("{error:?}").contains(expected), "{error:?}");
}

/// What serves credentials to a container.
fn container() -> Server {
    let server = Server::http(axum::Router::new());
    let credentials = json!({ "AccessKeyId": "a", "SecretAccessKey": "hunter2hunter2", "Token": "session-hunter2",
        "Expiration": "2100-01-01T00:00:00Z" });
    server.faults().answer(Rule::any(), Answer::json(200, &credentials));
    server
}

#[tokio::test]
async fn a_hundred_readers_that_start_together_get_credentials_once() {
    let world = World::fake();
    world.put("a", "x").await;
    let container = container();
    let url = container.url("/credentials");
    let mut world = world;
    world.context = context(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    let store = world.store(&[]);
    for answer in join_all((0..100).map(|_| read(&*store, "a"))).await {
        found(answer);
    }
    assert_eq!(container.log().entries().len(), 1);
    assert_eq!(world.context.redactor.mask("session-hunter2 hunter2hunter2").0, "[secret] [secret]");
    assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
}

#[tokio::test]
async fn a_source_of_credentials_that_refuses_is_told_and_not_repeated() {
    let container = container();
    let url = container.url("/credentials");
    for answer in
        [Answer::html(403, "hunter2hunter2"), Answer::json(200, &json!({ "Token": "hunter2hunter2" }))]
    {
        container.faults().clear();
        container.faults().answer(Rule::any(), answer);
        let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()), ("AWS_REGION", "eu-west-1")];
        let error = refused(&variables, &[]).await;
        let shown = format!("{error:?}");
        assert!(shown.contains("log in to AWS") && !shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn secrets_do_not_travel_in_the_clear() {
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")];
    let variables = [keys[0], keys[1], ("AWS_ENDPOINT_URL", "http://secrets.example.com")];
    let store = built(&context(&variables), &["region = \"eu-west-1\""]);
    let error = failed(read(&*store, "a").await);
    assert_eq!(error.kind(), Kind::Settings);
    assert!(error.to_string().contains("in the clear"), "{error:?}");
}
