//! Secrets that are there, and those that are not.

use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{failed, found, missing, read, read_all};
use serde_json::json;

use super::fake::{ACCOUNT, arn};
use super::world::World;

#[tokio::test]
async fn versions_stages_binary_and_deleted_secrets_are_told_apart() {
    for world in World::each("versions over moto") {
        let first = world.put("a", "one").await;
        world.put("a", "two").await;
        world.put("deleted", "x").await;
        world.call("DeleteSecret", json!({ "SecretId": "deleted" })).await;
        world.call("CreateSecret", json!({ "Name": "bytes", "SecretBinary": "/wAB" })).await;
        let pinned = format!("first = {{ id = \"a\", version = \"{first}\" }}");
        let store = world.store(&[
            "[secrets]",
            &pinned,
            "previous = { id = \"a\", stage = \"AWSPREVIOUS\" }",
            "pending = { id = \"a\", stage = \"AWSPENDING\" }",
            "base64 = { id = \"bytes\", binary = true }",
        ]);
        let names = ["a", "first", "previous", "pending", "base64", "bytes", "deleted", "absent"];
        let mut answers = read_all(&*store, &names).await.into_iter();
        let mut next = || answers.next().expect("an answer for each");
        assert_eq!(found(next()), SecretValue::new("two"));
        assert_eq!(found(next()), SecretValue::new("one"));
        assert_eq!(found(next()), SecretValue::new("one"));
        let why = missing(next());
        assert!(why.ends_with("it has no such version"), "{why}");
        assert_eq!(found(next()), SecretValue::new("/wAB"));
        let error = failed(next());
        assert!(format!("{error:?}").contains("set `binary = true`"), "{error:?}");
        let why = missing(next());
        assert!(why.contains("marked for deletion") && why.contains("restore-secret"), "{why}");
        assert_eq!(missing(next()), "");
    }
}

#[tokio::test]
async fn a_secret_of_another_account_is_never_taken_for_one_of_ours() {
    let world = World::fake();
    let fake = world.as_fake().expect("it is the fake");
    let other = arn("999999999999", "db");
    fake.put(ACCOUNT, "db", "ours");
    fake.put("999999999999", "db", "theirs");
    fake.put(ACCOUNT, "more", "more");
    let store = world.store(&[]);
    let partial = other.trim_end_matches("-AbCdEf");
    let answers = read_all(&*store, &["db", &other, "more"]).await;
    let values: Vec<_> = answers.into_iter().map(found).collect();
    assert_eq!(values, ["ours", "theirs", "more"].map(SecretValue::new));
    let answers = read_all(&*store, &[partial, "db"]).await;
    assert_eq!(answers.into_iter().map(found).collect::<Vec<_>>(), ["theirs", "ours"].map(SecretValue::new));
    // The service says a secret once, however many ids mean it.
    let answers = read_all(&*store, &["db", &arn(ACCOUNT, "db")]).await;
    assert_eq!(answers.into_iter().map(found).collect::<Vec<_>>(), ["ours", "ours"].map(SecretValue::new));
}

#[tokio::test]
async fn an_arn_of_another_region_says_so_without_a_call() {
    let world = World::fake();
    let store = world.store(&[]);
    let error = failed(read(&*store, "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf").await);
    assert_eq!(error.kind(), Kind::Settings);
    let shown = format!("{error:?}");
    assert!(shown.contains("us-east-1") && shown.contains("eu-west-1"), "{shown}");
    assert!(world.calls("GetSecretValue").is_empty());
}

#[tokio::test]
async fn fields_are_those_of_a_json_object_and_templates_know_node_and_environment() {
    for world in World::each("fields over moto") {
        world.put("prod/master/db", r#"{"password": "a\"b", "port": 5432, "none": null}"#).await;
        world.put("prod/master/text", "plain").await;
        let mut world = world;
        world.context.environment = "prod".to_owned();
        let template = "naming = { template = \"{environment}/{node}/{name}#password\" }";
        let store = world.store(&[template]);
        assert_eq!(found(read(&*store, "db").await), SecretValue::new("a\"b"));
        let error = failed(read(&*store, "text").await);
        assert!(error.to_string().contains("no JSON object"), "{error:?}");
        let store = world.store(&["prefix = \"prod/master/\"", "field = \"port\""]);
        assert_eq!(found(read(&*store, "db").await), SecretValue::new("5432"));
    }
}

#[tokio::test]
async fn names_are_those_behind_the_prefix_or_the_fields_of_a_bundle() {
    for world in World::each("names over moto") {
        let many: Vec<String> = (0..150).map(|number| format!("sesam/many-{number:03}")).collect();
        for name in many.iter().map(String::as_str).chain(["other/x", "sesam/deleted"]) {
            world.put(name, "x").await;
        }
        world.put("bundle", r#"{"p.a": "1", "p.b": null, "c": 1}"#).await;
        world.call("DeleteSecret", json!({ "SecretId": "sesam/deleted" })).await;
        let store = world.store(&["prefix = \"sesam/\""]);
        let mut names = store.names().await.expect("a list").expect("it may list");
        names.sort();
        assert_eq!(names.len(), 150);
        assert_eq!((names[0].as_str(), names[149].as_str()), ("many-000", "many-149"));
        let bundle = ["prefix = \"p.\"", "naming = \"bundle\"", "path = \"bundle\""];
        let names = world.store(&bundle).names().await.expect("a list").expect("it may list");
        assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["a"]);
        world.rules().denied_operations.insert("ListSecrets");
        assert_eq!(store.names().await.expect("not a failure"), None);
    }
}

#[tokio::test]
async fn over_https_the_authority_of_the_settings_is_trusted_and_no_other() {
    let world = World::https();
    world.put("a", "x").await;
    let ca_file = world.server.server().ca_file().expect("over HTTPS").display().to_string();
    let store = world.store(&[&format!("http = {{ ca_file = \"{ca_file}\" }}")]);
    assert_eq!(found(read(&*store, "a").await), SecretValue::new("x"));
    let error = failed(read(&*world.store(&[]), "a").await);
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(format!("{error:?}").contains("not trusted"), "{error:?}");
}
