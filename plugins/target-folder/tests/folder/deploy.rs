//! What is written, what stays, and what is put back.

use std::collections::BTreeMap;
use std::path::Path;

use deployer_core::Kind;
use deployer_core::traits::Secrets;
use deployer_testkit::states::desired;

use crate::support::{files, prepare, put, target};

const PIPE: &str = r#"{"type": "pipe", "_id": "p", "source": {"type": "embedded", "entities": []}}"#;
const SYSTEM: &str = r#"{"_id": "s", "type": "system:url"}"#;

fn expected(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// A folder with files of ours and of others.
fn used(folder: &Path) -> BTreeMap<String, String> {
    for (path, text) in [
        ("README.md", "hello"),
        (".git/config", "x"),
        ("deployment/whitelist-master.txt", "x"),
        ("variables/variables-prod.json", "{}"),
        ("node-metadata.conf.json", r#"{"_id": "node", "type": "metadata"}"#),
        ("pipes/old.conf.json", r#"{"_id": "old", "type": "pipe"}"#),
        ("pipes/broken.conf.json", "{"),
        ("pipes/notes.txt", "x"),
        ("systems/s.conf.json", "{\"type\":\"system:url\",\"_id\":\"s\"}"),
    ] {
        put(folder, path, text);
    }
    files(folder)
}

#[tokio::test]
async fn our_files_are_replaced_the_others_stay_and_a_second_run_finds_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let before = used(folder.path());
    let target = target(folder.path(), "");
    let wanted = || desired(&[PIPE, SYSTEM], Some(r#"{"x": 1}"#));
    let (plan, steps) = prepare(&*target, wanted()).await;
    assert_eq!((plan.entity_counts().added, plan.entity_counts().removed), (1, 2));
    assert_eq!(plan.stray, ["pipes/broken.conf.json", "pipes/notes.txt"]);
    assert_eq!(files(folder.path()), before, "nothing is written yet");
    let done = steps[0].execute().await.expect("it can be written");
    assert_eq!(done.detail, "2 files written, 4 files removed");
    let after = expected(&[
        (".git/config", "x"),
        ("README.md", "hello"),
        ("deployment/whitelist-master.txt", "x"),
        (
            "pipes/p.conf.json",
            "{\n  \"_id\": \"p\",\n  \"type\": \"pipe\",\n  \"source\": {\n    \"type\": \"embedded\",\n    \"entities\": []\n  }\n}\n",
        ),
        ("systems/s.conf.json", "{\"type\":\"system:url\",\"_id\":\"s\"}"),
        ("variables/variables-prod.json", "{}"),
        ("variables/variables-test.json", "{\n  \"x\": 1\n}\n"),
    ]);
    assert_eq!(files(folder.path()), after);
    let (plan, again) = prepare(&*target, wanted()).await;
    assert!(plan.is_empty() && again.is_empty(), "{plan:?}");

    steps[0].undo().expect("it can be undone").execute().await.expect("it can be put back");
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn an_archive_is_replaced_as_a_whole_and_put_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("deep/node.zip");
    let target = target(&path, "");
    let (_, steps) = prepare(&*target, desired(&[PIPE], Some("{}"))).await;
    steps[0].execute().await.expect("it can be written");
    let first = std::fs::read(&path).expect("an archive");
    let (_, again) = prepare(&*target, desired(&[PIPE, SYSTEM], Some("{}"))).await;
    again[0].execute().await.expect("it can be written");
    assert_ne!(std::fs::read(&path).expect("an archive"), first);
    again[0].undo().expect("it can be undone").execute().await.expect("it can be put back");
    assert_eq!(std::fs::read(&path).expect("an archive"), first, "the same bytes");
    steps[0].undo().expect("it can be undone").execute().await.expect("it can be put back");
    assert!(files(folder.path()).is_empty(), "there was none before");

    put(folder.path(), "deep/node.zip", "no archive");
    let (plan, steps) = prepare(&*target, desired(&[PIPE], Some("{}"))).await;
    assert_eq!(plan.stray, ["node.zip"]);
    steps[0].execute().await.expect("it can be written");
    assert_eq!(std::fs::read(&path).expect("an archive"), first);
    assert_eq!(files(folder.path()).len(), 1, "nothing lies beside it");
}

#[tokio::test]
async fn what_a_killed_run_left_is_found_and_cleared_away() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), ".sesam-deployer/pipes/p.conf.json", "{");
    let (plan, steps) = prepare(&*target(folder.path(), ""), desired(&[], Some("{}"))).await;
    assert_eq!(plan.stray, [".sesam-deployer/pipes/p.conf.json"]);
    steps[0].execute().await.expect("it can be written");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn names_that_no_file_can_have_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("node");
    let long = format!(r#"{{"_id": "{}", "type": "pipe"}}"#, "x".repeat(250));
    let target = target(&path, "");
    let plan = prepare(&*target, desired(&[], Some("{}"))).await.0;
    let plan = plan.with_desired(desired(&[&long, PIPE], Some("{}")));
    let Err(error) = target.prepare(&plan, &Secrets::new()).await else { panic!("it is too long") };
    assert_eq!((error.kind(), error.places().len()), (Kind::Verification, 1));
    assert!(!path.exists());
}

#[tokio::test]
async fn a_file_in_the_place_of_the_folder_and_a_folder_in_that_of_the_archive_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "file", "x");
    put(folder.path(), "node.zip/x", "x");
    for (path, words) in [("file", "write to"), ("file/below", "write to"), ("node.zip", "node.zip")] {
        let error = target(&folder.path().join(path), "").observe().await.expect_err(path);
        assert_eq!(error.kind(), Kind::Io, "{error:?}");
        assert!(error.message().contains(words) && error.hints()[0].contains("`path`"), "{error:?}");
    }
}
