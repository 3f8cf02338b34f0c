//! Snapshots, fingerprints, plans and what `status` uses, from any machine.

use deployer_tests::checks::{assert_says, said};
use serde_json::Value;

use crate::Shared;

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_fingerprints_and_the_last_deploy_are_there_for_another_machine() {
    let shared = Shared::new();
    shared.run("build-7", &["deploy"], 0).await;
    shared.change("second");
    let second = shared.run("build-8", &["deploy"], 0).await;
    assert!(said(&second).contains("unchanged secrets, not sent"), "{}", said(&second));
    assert_says(&second, ["snapshot saved in state:snapshot-test-"]);
    let status = shared.run("build-9", &["status"], 0).await;
    assert!(!said(&status).contains("warning"), "{}", said(&status));

    let listed = shared.run("build-9", &["restore", "--json"], 0).await;
    let listed: Value = serde_json::from_str(&listed.stdout()).expect("a document");
    let snapshots = listed["snapshots"].as_array().expect("a list");
    assert_eq!(snapshots.len(), 2, "{listed:#}");
    assert_eq!(shared.description(), "second");
    let newest = snapshots[0]["path"].as_str().expect("a name").to_owned();
    shared.run("build-9", &["restore", &newest], 0).await;
    assert_eq!(shared.description(), Value::Null);
    shared.run("build-9", &["restore", "--last"], 0).await;
    assert_eq!(shared.description(), "second", "the newest is that of the restore");

    let homes = ["build-7", "build-8", "build-9"].map(|name| shared.scene.world.folder().join(name));
    for home in homes {
        assert_eq!(std::fs::read_dir(&home).map(Iterator::count).ok(), Some(0), "{}", home.display());
    }
    for (name, text) in shared.place.objects() {
        assert!(!text.contains("value of ") && !text.contains("0123456789abcdef"), "{name}: {text}");
        let document: Value = serde_json::from_str(&text).expect("a document");
        assert!(document["format"].is_number() && document["epoch"].is_number(), "{name}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_saved_by_name_on_one_machine_and_applied_on_another() {
    let shared = Shared::new();
    let planned = shared.run("build-7", &["plan", "--out", "state:pr-7"], 0).await;
    assert_says(&planned, ["Apply it with: sesam-deployer apply state:pr-7"]);
    let absent = shared.run("build-8", &["apply", "state:pr-8"], 1).await;
    assert_says(&absent, ["has no plan with the name plan-pr-8.json", "plan --out state:NAME"]);
    shared.run("build-8", &["apply", "state:../pr"], 78).await;
    shared.run("build-8", &["apply", "state:pr-7"], 0).await;
    assert_says(&shared.run("build-8", &["apply", "state:pr-7"], 4).await, ["the plan is stale"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_twenty_snapshots_are_kept() {
    let shared = Shared::new();
    shared.run("build-7", &["deploy"], 0).await;
    let first = shared.place.objects().into_iter().find(|(name, _)| name.starts_with("snapshot-"));
    let (name, text) = first.expect("a snapshot");
    let (start, base) = name.rsplit_once("-0").expect("a time");
    let (start, _) = start.rsplit_once('-').expect("an epoch");
    for number in 0..20 {
        shared
            .place
            .write(&format!("{start}-0000000001-{number:012}-{}", &base[base.len() - 17..]), text.clone());
    }
    shared.change("another");
    shared.run("build-7", &["deploy"], 0).await;
    let kept: Vec<String> =
        shared.place.objects().into_keys().filter(|name| name.starts_with("snapshot-")).collect();
    assert_eq!(kept.len(), 20, "{kept:#?}");
    assert!(kept.contains(&name), "the newest are kept: {kept:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_are_newer_or_broken_are_reported_and_left_alone() {
    let shared = Shared::new();
    shared.run("build-7", &["deploy"], 0).await;
    let objects = shared.place.objects();
    let named =
        |start: &str| objects.keys().filter(|name| name.starts_with(start)).cloned().collect::<Vec<_>>();
    for (start, content, code, text) in [
        ("lease-", "{\"format\": 2}", 4, "a newer version wrote this record"),
        ("lease-", "{", 1, "invalid record"),
        ("secrets-", "{\"format\": 2}", 4, "a newer version wrote the fingerprints"),
        ("secrets-", "{", 1, "invalid fingerprints"),
    ] {
        for name in named(start) {
            shared.place.write(&name, content);
        }
        let refused = shared.run("build-8", &["deploy"], code).await;
        assert_says(&refused, [text]);
        for name in named(start) {
            assert_eq!(shared.place.objects()[&name], content, "nothing is overwritten");
            shared.place.write(&name, objects[&name].clone());
        }
    }
    for name in named("deployed-") {
        shared.place.write(&name, "{\"format\": 99}");
    }
    let status = shared.run("build-8", &["status"], 0).await;
    assert_says(&status, ["what the last deploy wrote cannot be read"]);
    for name in named("snapshot-") {
        shared.place.write(&name, "{\"format\": 99}");
    }
    assert_says(&shared.run("build-8", &["restore"], 0).await, ["unreadable: the file has format 99"]);
}
