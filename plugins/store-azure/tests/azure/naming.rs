//! Names, as a whole run sees them.

use deployer_core::{Kind, SecretValue};
use deployer_testkit::answers::{failed, found, planned, read, read_all, wanted};

use super::world::World;

#[tokio::test]
async fn a_collision_is_told_before_the_first_request() {
    let world = World::new();
    world.vault.put("a-b", "v");
    let store = world.store(&["names = \"dash\""]);
    store.address(&wanted("a_b")).expect("an address");
    let error = store.address(&wanted("a.b")).expect_err("a collision");
    assert_eq!(error.kind(), Kind::Verification);
    assert!(format!("{error:?}").contains("`table`"), "{error:?}");
    assert_eq!(store.open().await.expect_err("a collision").kind(), Kind::Verification);
    assert_eq!(failed(read(&*store, "a_b").await).kind(), Kind::Verification);
    assert_eq!(world.server.log().entries().len(), 0);
}

#[tokio::test]
async fn the_table_and_pinned_versions_are_read() {
    let world = World::new();
    let old = world.vault.put("db", "old");
    world.vault.put("db", "new");
    let table = format!("table = {{ db_old = \"db/{old}\", \"db.new\" = \"DB\" }}");
    let store = world.store(&[&table]);
    assert_eq!(found(read(&*store, "db_old").await), SecretValue::new("old"));
    assert_eq!(found(read(&*store, "db.new").await), SecretValue::new("new"));
    assert_eq!(found(read(&*store, "db").await), SecretValue::new("new"));
}

#[tokio::test]
async fn members_of_one_secret_are_one_read() {
    let world = World::new();
    world.vault.put("all", r#"{"user": "u", "pass_word": "p", "none": null}"#);
    let store = world.store(&["naming = \"bundle\"", "path = \"all\""]);
    let names = ["user", "pass_word", "none", "absent"];
    assert_eq!(planned(&*store, &names), 1);
    let answers = read_all(&*store, &names).await;
    assert_eq!(found(answers[0].clone()), SecretValue::new("u"));
    assert_eq!(found(answers[1].clone()), SecretValue::new("p"));
    assert!(format!("{:?}", answers[2]).contains("is null"), "{:?}", answers[2]);
    assert!(format!("{:?}", answers[3]).contains("no member `absent`"), "{:?}", answers[3]);
    assert_eq!(world.asked("/secrets/all"), 1);
    let names = store.names().await.expect("a list").expect("it may list");
    assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["user", "pass_word", "none"]);
}

#[tokio::test]
async fn a_template_brings_in_node_and_environment() {
    let world = World::new();
    world.vault.put("test-master-db", r#"{"value": "v"}"#);
    let store = world.store(&["naming = { template = \"{environment}-{node}-{name}#value\" }"]);
    assert_eq!(found(read(&*store, "db").await), SecretValue::new("v"));
}

#[tokio::test]
async fn names_are_those_of_all_pages_that_are_enabled() {
    let world = World::new();
    world.vault.page_size(3);
    for number in 0..10 {
        world.vault.put(&format!("s-{number}"), "v");
    }
    world.vault.disable("s-3");
    world.vault.delete("s-5");
    world.vault.put("other", "v");
    let store = world.store(&["prefix = \"s-\"", "table = { own = \"other\" }"]);
    let names = store.names().await.expect("a list").expect("it may list");
    let names: Vec<_> = names.iter().map(|name| name.as_str().to_owned()).collect();
    assert_eq!(names, ["own", "0", "1", "2", "4", "6", "7", "8", "9"]);
    assert!(store.capabilities().names_prove_presence);
}

#[tokio::test]
async fn a_list_that_goes_on_at_another_host_gets_no_token() {
    let (world, other) = (World::new(), World::new());
    world.vault.put("a", "1");
    world.vault.put("b", "2");
    world.vault.page_size(1);
    world.vault.next_link(&other.server.url(""));
    let error = world.store(&[]).names().await.expect_err("another host");
    assert!(format!("{error:?}").contains("another host"), "{error:?}");
    assert_eq!(other.server.log().entries().len(), 0);
}
