//! How stores are asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deployer_core::Kind;
use deployer_engine::stages::{Alias, Routes, Rule};
use deployer_testkit::fakes::{MemoryStore, Mishap};
use tokio::time::Instant;

use crate::scene::{Scene, fail, pipe, unavailable};

/// Both nodes name both secrets.
fn shared(scene: &Scene) {
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$SECRET(one) $SECRET(two)"));
    scene.source.write("node/pipes/e.conf.json", pipe("e", "extra", "$SECRET(two) $SECRET(one)"));
}

fn reads(scene: &Scene) -> Vec<String> {
    let mut reads: Vec<String> =
        scene.script.calls().into_iter().filter(|call| call.contains(" read ")).collect();
    reads.retain(|call| !call.starts_with("source "));
    reads.sort();
    reads
}

#[tokio::test(start_paused = true)]
async fn an_address_is_read_once_for_all_nodes_after_one_login() {
    let scene = Scene::new();
    shared(&scene);
    scene.plan().await;
    assert_eq!(reads(&scene), ["main read one", "main read two"]);
    assert_eq!(scene.script.count("main open"), 1);
    assert_eq!(scene.script.count("main names"), 0, "names are listed only when one is missing");
}

#[tokio::test(start_paused = true)]
async fn what_one_store_does_not_have_is_asked_of_the_next() {
    let mut scene = Scene::new();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$SECRET(one) $SECRET(three)"));
    let second = MemoryStore::new("second", &scene.script).with("three", "x").with("one", "another");
    scene.add_store("second", second);
    let planned = scene.plan().await;
    assert_eq!(reads(&scene), ["main read one", "main read three", "main read two", "second read three"]);
    let master = planned.secrets.iter().find(|(node, _)| node.is_master()).expect("it has secrets").1;
    assert!(master["one"] == deployer_core::SecretValue::new("value-one"), "the first store counts");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_does_not_count_as_one_that_does_not_have_it() {
    for (call, login) in [("main read one", false), ("main open", true)] {
        let mut scene = Scene::new();
        let second = MemoryStore::new("second", &scene.script).with("one", "x").with("two", "y");
        scene.add_store("second", second);
        scene.script.on(call, usize::MAX, fail(Kind::Denied));
        let error = scene.refused().await;
        assert_eq!(error.kind(), Kind::Denied, "{error:?}");
        assert_eq!(scene.script.count("second *"), 0, "the next store is not asked");
        assert_eq!(scene.script.count("main open"), 1, "a denied login is not tried again");
        assert_eq!(error.places().is_empty(), login, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_two_nodes_reach_by_different_chains_is_read_once() {
    let scene = two_chains();
    scene.plan().await;
    assert_eq!(reads(&scene), ["main read three", "second read three"]);

    let scene = two_chains();
    scene.script.on("second open", usize::MAX, fail(Kind::Unauthenticated));
    let error = scene.refused().await;
    assert_eq!(error.kind(), Kind::Unauthenticated, "one login that failed is one problem: {error:?}");
    assert_eq!(scene.script.count("second open"), 1);
}

/// A secret that only the second store has: the master asks the first one before, the extra node does not.
fn two_chains() -> Scene {
    let mut scene = Scene::new();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$SECRET(three)"));
    scene.source.write("node/pipes/e.conf.json", pipe("e", "extra", "$SECRET(three)"));
    let second = MemoryStore::new("second", &scene.script).with("three", "x");
    scene.add_store("second", second);
    scene.deployment.nodes[1].stores = vec!["second".to_owned()];
    scene
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_and_may_pass_is_read_again() {
    let scene = Scene::new();
    scene.script.on("main read one", 2, Mishap::Fail(unavailable()));
    scene.plan().await;
    assert_eq!((scene.script.count("main read one"), scene.script.count("main read two")), (3, 1));

    let scene = Scene::new();
    scene.script.on("main read one", usize::MAX, Mishap::Fail(unavailable()));
    assert_eq!(scene.refused().await.kind(), Kind::Unavailable);
    assert_eq!(scene.script.count("main read one"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_is_given_up_after_two_minutes() {
    for call in ["main open", "main read one"] {
        let scene = Scene::new();
        scene.script.on(call, usize::MAX, Mishap::Hang);
        let started = Instant::now();
        assert_eq!(scene.refused().await.kind(), Kind::Timeout);
        assert_eq!(started.elapsed().as_secs(), 120, "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_secret_is_told_with_every_store_that_was_asked() {
    let mut scene = Scene::new();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$SECRET(three)"));
    let second = MemoryStore::new("second", &scene.script);
    scene.add_store("second", second);
    let told = format!("{:?}", scene.refused().await);
    assert!(told.contains("three in memory main") && told.contains("three in memory second"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_node_without_a_store_is_one_error() {
    let mut scene = Scene::new();
    shared(&scene);
    scene.deployment.nodes[0].stores.clear();
    let error = scene.refused().await;
    assert_eq!(error.message(), "node master uses secrets, and no store is set up", "{error:?}");
    assert_eq!(error.details(), ["secrets: `one`, `two`"]);
    assert_eq!(error.places().len(), 4, "the places of both secrets: {error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_without_any_of_the_secrets_is_one_error() {
    let mut scene = Scene::new();
    shared(&scene);
    scene.add_store("empty", MemoryStore::new("empty", &scene.script));
    scene.deployment.nodes.iter_mut().for_each(|node| node.stores = vec!["empty".to_owned()]);
    // Names of this store would be suggested.
    scene.deployment.stores.remove("main");
    let error = scene.refused().await;
    assert_eq!(error.message(), "none of the 2 secrets was found", "{error:?}");
    assert_eq!(error.details().len(), 2, "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rule_asks_one_store_only_and_an_alias_another_name() {
    let mut scene = Scene::new();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$SECRET(x-one) $SECRET(renamed)"));
    let other = MemoryStore::new("other", &scene.script).with("x-one", "x");
    scene.deployment.stores.insert("other".to_owned(), Arc::new(other));
    scene.deployment.routes = Routes {
        rules: vec![Rule::new("x-*", "other").expect("a pattern")],
        aliases: BTreeMap::from([("renamed".into(), Alias { store: None, name: "one".into() })]),
    };
    scene.plan().await;
    assert_eq!(reads(&scene), ["main read one", "main read two", "other read x-one"]);
    let checked = scene.deployment.check_secrets(&scene.runner()).await.expect("all are found");
    let found: Vec<String> = checked
        .secrets
        .iter()
        .map(|found| format!("{} {} {}", found.name, found.store, found.address))
        .collect();
    assert_eq!(found, ["renamed main one", "two main two", "x-one other x-one"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_value_is_a_warning_with_the_places_that_use_it() {
    let scene = Scene::new();
    scene.store.put("one", "");
    let planned = scene.plan().await;
    let warnings: Vec<_> =
        planned.plan.notes.iter().filter(|note| note.message.contains("is empty")).collect();
    let [warning] = warnings.as_slice() else { panic!("{:?}", planned.plan.notes) };
    assert_eq!(warning.message, "the value of the secret \"one\" is empty (one in memory main)");
    assert_eq!(warning.places[0].file.to_string(), "pipes/m.conf.json");
    // A list of names has no values, and no empty ones.
    let checked = scene.deployment.check_secrets(&scene.runner()).await.expect("both exist");
    assert!(!format!("{:?}", checked.notes).contains("is empty"), "{:?}", checked.notes);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_a_warning_and_secrets_are_read_instead() {
    let scene = Scene::new();
    scene.script.on("main names", usize::MAX, fail(Kind::Rejected));
    let checked = scene.deployment.check_secrets(&scene.runner()).await.expect("both exist");
    assert_eq!(reads(&scene), ["main read one", "main read two"]);
    let shown = format!("{:?}", checked.notes);
    assert!(shown.contains("list secrets of memory main: programmed rejected"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_a_detail_of_a_missing_secret() {
    let scene = Scene::new();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", "$SECRET(three)"));
    scene.script.on("main names", usize::MAX, fail(Kind::Rejected));
    let error = scene.refused().await;
    let details = error.details();
    assert!(
        details.iter().any(|detail| detail == "list secrets of memory main: programmed rejected"),
        "{error:?}"
    );
}

/// Reads that wait for their turn are not silent one after the other.
#[tokio::test(start_paused = true)]
async fn a_store_that_goes_silent_is_given_up_as_a_whole() {
    let scene = Scene::new();
    let names: Vec<String> = (0..40).map(|number| format!("$SECRET(s{number})")).collect();
    scene.source.write("node/pipes/m.conf.json", pipe("m", "master", &names.join(" ")));
    let turn = Duration::from_secs(60);
    for number in 0..40 {
        let wait = turn * (1 + number / 10);
        scene.script.on(&format!("main read s{number}"), usize::MAX, Mishap::FailLate(wait, unavailable()));
    }
    let started = Instant::now();
    let error = scene.refused().await;
    assert!(started.elapsed() < Duration::from_secs(125), "{:?}", started.elapsed());
    assert!(
        format!("{error:?}").contains("read secrets from memory main: no answer within 120 seconds"),
        "{error:?}"
    );
}
