//! Values, versions, places and names.

use deployer_core::model::SecretName;
use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{failed, found, missing, planned, read, read_all};

use super::world::World;

#[tokio::test]
async fn a_version_is_read_by_number_and_by_alias() {
    let world = World::new();
    world.manager.put("db", "first");
    world.manager.put("db", "second");
    world.manager.put("db", "third");
    world.manager.alias("db", "in-use", 2);
    let store = world.store(&["table.old = \"db/1\"", "table.used = \"db/in-use\"", "table.none = \"db/9\""]);
    for (name, value) in [("db", "third"), ("old", "first"), ("used", "second")] {
        assert_eq!(found(read(&*store, name).await), SecretValue::new(value), "{name}");
    }
    missing(read(&*store, "none").await);
    let store = world.store(&["version = \"in-use\""]);
    assert_eq!(found(read(&*store, "db").await), SecretValue::new("second"));
}

#[tokio::test]
async fn regional_secrets_are_not_the_global_ones() {
    let world = World::new();
    world.manager.put("db", "global");
    world.manager.put_in("europe-north1", "db", "regional");
    let store = world.store(&["location = \"europe-north1\""]);
    assert_eq!(found(read(&*store, "db").await), SecretValue::new("regional"));
    assert_eq!(store.names().await.expect("a list"), Some(vec![SecretName::new("db")]));
    assert!(store.location().contains("projects/team-test/locations/europe-north1"), "{}", store.location());
    assert_eq!(found(read(&*world.store(&[]), "db").await), SecretValue::new("global"));
}

#[tokio::test]
async fn members_of_one_version_are_one_request() {
    let world = World::new();
    world.manager.put("all", r#"{"a.b": "1", "c": {"d": [2.50]}}"#);
    let store = world.store(&["naming = \"bundle\"", "path = \"all\""]);
    assert_eq!(planned(&*store, &["a.b", "c", "e"]), 1);
    let mut answers = read_all(&*store, &["a.b", "c", "e"]).await;
    assert!(missing(answers.remove(2)).contains("no member `e`"));
    assert_eq!(found(answers.remove(1)), SecretValue::new(r#"{"d":[2.50]}"#));
    assert_eq!(found(answers.remove(0)), SecretValue::new("1"));
    assert_eq!(
        store.names().await.expect("a list"),
        Some(vec![SecretName::new("a.b"), SecretName::new("c")])
    );
    assert_eq!(world.manager.issued_tokens().len(), 1, "one login");
}

#[tokio::test]
async fn disabled_destroyed_and_binary_versions_are_told_apart() {
    let world = World::new();
    for name in ["off", "gone"] {
        world.manager.put(name, "v");
    }
    world.manager.disable("off");
    world.manager.destroy("gone");
    world.manager.put_bytes("bytes", &[0xff, 0xfe]);
    let store = world.store(&[]);
    let error = failed(read(&*store, "off").await);
    assert!(error.kind() == Kind::Denied && format!("{error:?}").contains("versions enable"), "{error:?}");
    assert!(missing(read(&*store, "gone").await).contains("destroyed"));
    let error = failed(read(&*store, "bytes").await);
    assert!(error.kind() == Kind::Rejected && format!("{error:?}").contains("binary"), "{error:?}");
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let world = World::new();
    for number in 0..5 {
        world.manager.put(&format!("sesam-{number}"), "v");
    }
    world.manager.put("other", "v");
    world.manager.page_size(2);
    let store = world.store(&["prefix = \"sesam-\""]);
    let names = store.names().await.expect("a list").expect("permitted");
    assert_eq!(names, ["0", "1", "2", "3", "4"].map(SecretName::new));
    assert_eq!(world.asked("GET", "/v1/projects/team-test/secrets?"), 3);
}

#[tokio::test]
async fn an_expiring_token_is_renewed_during_a_run() {
    let world = World::new();
    world.manager.put("a", "v");
    world.manager.lifetime(30);
    let store = world.store(&[]);
    store.open().await.expect("a login");
    world.manager.lifetime(3600);
    for _ in 0..3 {
        found(read(&*store, "a").await);
    }
    assert_eq!(world.asked("POST", "/token"), 2);
}
