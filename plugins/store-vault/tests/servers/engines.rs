//! Reading from key-value engines of both versions.

use deployer_core::{Kind, Retry};
use deployer_testkit::answers::{failed, missing, read};
use deployer_testkit::vault::KvVersion;
use serde_json::json;

use crate::backend::{Backend, assert_found, with_token};

crate::over_both!(
    found_missing_and_denied_are_told_apart_in_version_1,
    every_state_of_a_secret_is_told_apart_in_version_2,
    versions_are_pinned_by_path,
    a_mount_that_is_not_what_it_is_taken_for_is_never_a_missing_secret,
    every_name_reaches_its_own_path,
    values_that_are_no_texts_are_their_json,
    names_are_those_below_the_prefix,
    bundles_and_templates_share_the_read_of_a_path,
    a_sealed_vault_is_told_and_may_pass,
    a_token_that_is_not_valid_is_told_from_a_missing_permission,
);

async fn found_missing_and_denied_are_told_apart_in_version_1(backend: &dyn Backend) {
    backend.mount("team/kv", KvVersion::One).await;
    for name in ["here", "denied"] {
        backend.put(KvVersion::One, "team/kv", &format!("sesam/{name}"), json!({ "value": "v1\n" })).await;
    }
    backend.deny("team/kv/sesam/denied").await;
    for settings in [
        ["mount = \"/team/kv/\"", "prefix = \"sesam/\"", ""],
        ["mount = \"team/kv\"", "prefix = \"/sesam/\"", "kv_version = 1"],
    ] {
        let store = with_token(backend, &settings).await;
        assert_found(read(&*store, "here").await, "v1\n");
        assert_eq!(missing(read(&*store, "absent").await), "");
        let error = failed(read(&*store, "denied").await);
        assert_eq!(error.kind(), Kind::Denied);
        let shown = format!("{error:?}");
        assert!(shown.contains("grants `read` on `team/kv/sesam/denied`"), "{shown}");
        assert!(shown.contains("may do nothing"), "{shown}");
        store.close().await.expect("nothing to do");
    }
}

async fn every_state_of_a_secret_is_told_apart_in_version_2(backend: &dyn Backend) {
    backend.mount("secret", KvVersion::Two).await;
    for name in ["here", "deleted", "destroyed", "denied"] {
        backend.put(KvVersion::Two, "secret", &format!("sesam/{name}"), json!({ "value": "v1\n" })).await;
    }
    backend.delete("secret", "sesam/deleted").await;
    backend.destroy_first("secret", "sesam/destroyed").await;
    backend.deny("secret/data/sesam/denied").await;
    let store = with_token(backend, &["prefix = \"sesam/\""]).await;
    assert_found(read(&*store, "here").await, "v1\n");
    assert_eq!(missing(read(&*store, "absent").await), "");
    let why = missing(read(&*store, "deleted").await);
    assert!(why.contains("version 1 was deleted at 20") && why.contains("undelete"), "{why}");
    let why = missing(read(&*store, "destroyed").await);
    assert!(why.contains("version 1 was destroyed"), "{why}");
    let error = failed(read(&*store, "denied").await);
    assert_eq!(error.kind(), Kind::Denied);
    assert!(format!("{error:?}").contains("grants `read` on `secret/data/sesam/denied`"), "{error:?}");
}

async fn versions_are_pinned_by_path(backend: &dyn Backend) {
    backend.mount("secret", KvVersion::Two).await;
    backend.mount("old", KvVersion::One).await;
    for value in ["first", "second", "third"] {
        backend.put(KvVersion::Two, "secret", "sesam/db", json!({ "value": value })).await;
        backend.put(KvVersion::Two, "secret", "sesam/gone", json!({ "value": value })).await;
    }
    backend.put(KvVersion::One, "old", "sesam/db", json!({ "value": "v" })).await;
    let pin = |version: u64| format!("versions = {{ \"sesam/db\" = {version} }}");
    for (version, value) in [(1, "first"), (2, "second"), (3, "third")] {
        let store = with_token(backend, &["prefix = \"sesam/\"", &pin(version)]).await;
        assert_found(read(&*store, "db").await, value);
        assert_found(read(&*store, "gone").await, "third");
    }
    let store = with_token(backend, &["prefix = \"sesam/\"", &pin(9)]).await;
    assert_eq!(missing(read(&*store, "db").await), "it is not there, or has no version 9");
    let store = with_token(backend, &["mount = \"old\"", "prefix = \"sesam/\"", &pin(1)]).await;
    let error = failed(read(&*store, "db").await);
    assert!(error.kind() == Kind::Settings && error.to_string().contains("keeps no versions"), "{error}");
}

async fn a_mount_that_is_not_what_it_is_taken_for_is_never_a_missing_secret(backend: &dyn Backend) {
    backend.mount("secret", KvVersion::Two).await;
    backend.mount("old", KvVersion::One).await;
    backend.put(KvVersion::Two, "secret", "db", json!({ "value": "v" })).await;
    backend.put(KvVersion::One, "old", "db", json!({ "value": "v" })).await;
    for (settings, expected) in [
        (["mount = \"old\"", "kv_version = 2"], "is of version 1, and `kv_version` says 2"),
        (["mount = \"secret\"", "kv_version = 1"], "is of version 2, and `kv_version` says 1"),
        (["mount = \"absent\"", ""], "nothing is mounted at absent"),
        (["mount = \"absent\"", "kv_version = 1"], "nothing is mounted at absent"),
        (["mount = \"secret/data\"", ""], "set `mount = \"secret\"`: `data/` is put in by itself"),
        (["mount = \"secret/data/team\"", ""], "`prefix = \"team/\"`"),
        (["mount = \"secret/team\"", ""], "`prefix = \"team/\"`"),
        (["mount = \"secret/data\"", "kv_version = 2"], "`data/` is put in by itself"),
    ] {
        let store = with_token(backend, &settings).await;
        let error = failed(read(&*store, "db").await);
        assert_eq!(error.kind(), Kind::Settings, "{settings:?}: {error:?}");
        assert!(format!("{error:?}").contains(expected), "{settings:?}: {error:?}");
    }
}

async fn every_name_reaches_its_own_path(backend: &dyn Backend) {
    for (mount, version) in [("one/kv", KvVersion::One), ("two/kv", KvVersion::Two)] {
        backend.mount(mount, version).await;
        let store =
            with_token(backend, &[&format!("mount = \"{mount}\""), "prefix = \"prod-\"", "field = \"pw\""])
                .await;
        for name in ["plain", "a/b", "a b", "50%", "q?x=1", "hash#pw", "ø", "plus+"] {
            let fields = json!({ "pw": name, "value": "other" });
            backend.put(version, mount, &format!("prod-{name}"), fields).await;
            assert_found(read(&*store, name).await, name);
        }
    }
}

async fn values_that_are_no_texts_are_their_json(backend: &dyn Backend) {
    backend.mount("one", KvVersion::One).await;
    backend.mount("secret", KvVersion::Two).await;
    let values = [
        (json!("a\n\"ø"), "a\n\"ø"),
        // Vault itself rounds numbers of more than 15 digits in version 2.
        (json!(123456789012345_u64), "123456789012345"),
        (json!(true), "true"),
        (json!({ "a": [1, "x y"] }), r#"{"a":[1,"x y"]}"#),
    ];
    for (version, mount) in [(KvVersion::One, "one"), (KvVersion::Two, "secret")] {
        let store = with_token(backend, &[&format!("mount = \"{mount}\"")]).await;
        for (number, (value, expected)) in values.iter().enumerate() {
            let name = format!("v{number}");
            backend.put(version, mount, &name, json!({ "value": value })).await;
            assert_found(read(&*store, &name).await, expected);
        }
        backend.put(version, mount, "null", json!({ "value": null })).await;
        assert_eq!(missing(read(&*store, "null").await), "its field `value` is null");
    }
}

async fn names_are_those_below_the_prefix(backend: &dyn Backend) {
    for (mount, version) in [("one", KvVersion::One), ("two", KvVersion::Two)] {
        backend.mount(mount, version).await;
        for path in ["sesam/prod-a", "sesam/prod-b", "sesam/prod-folder/c", "sesam/test-a", "other"] {
            backend.put(version, mount, path, json!({ "value": "v", "more": null })).await;
        }
        let mount = format!("mount = \"{mount}\"");
        for (settings, expected) in [
            (["prefix = \"sesam/prod-\"", ""], vec!["a", "b"]),
            (["prefix = \"sesam/\"", ""], vec!["prod-a", "prod-b", "test-a"]),
            (["", ""], vec!["other"]),
            (["prefix = \"absent/\"", ""], vec![]),
            (["naming = \"bundle\"", "path = \"other\""], vec!["value"]),
        ] {
            let store = with_token(backend, &[&mount, settings[0], settings[1]]).await;
            let names = store.names().await.expect("a list").expect("it may list");
            assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), expected, "{settings:?}");
        }
    }
    // Without the slash: Vault compares a policy with the folder's path without its last slash.
    backend.deny("two/metadata*").await;
    assert_eq!(with_token(backend, &["mount = \"two\""]).await.names().await.expect("not a failure"), None);
}

async fn bundles_and_templates_share_the_read_of_a_path(backend: &dyn Backend) {
    for (mount, version) in [("one", KvVersion::One), ("two", KvVersion::Two)] {
        backend.mount(mount, version).await;
        let fields = json!({ "db#1": "a", "mail": "b", "value": "c", "null": null, "empty": "" });
        backend.put(version, mount, "prod/master", fields).await;
        backend.put(version, mount, "apps/mail", json!({ "password": "d" })).await;
        let mount = format!("mount = \"{mount}\"");
        for settings in [
            ["naming = \"bundle\"", "path = \"prod/master\""],
            ["naming = { template = \"{environment}/{node}#{name}\" }", ""],
        ] {
            let store = with_token(backend, &[&mount, settings[0], settings[1]]).await;
            for (name, value) in [("db#1", "a"), ("mail", "b"), ("value", "c"), ("empty", "")] {
                assert_found(read(&*store, name).await, value);
            }
            assert_eq!(missing(read(&*store, "absent").await), "it exists and has no field `absent`");
            assert_eq!(missing(read(&*store, "null").await), "its field `null` is null");
        }
        let store = with_token(
            backend,
            &[&mount, "prefix = \"apps\"", "naming = { template = \"{prefix}/{name}#password\" }"],
        )
        .await;
        assert_found(read(&*store, "mail").await, "d");
        assert_eq!(missing(read(&*store, "absent").await), "");
    }
}

async fn a_sealed_vault_is_told_and_may_pass(backend: &dyn Backend) {
    backend.mount("secret", KvVersion::Two).await;
    backend.put(KvVersion::Two, "secret", "a", json!({ "value": "v" })).await;
    let (early, late) = (with_token(backend, &[]).await, with_token(backend, &[]).await);
    assert_found(read(&*early, "a").await, "v");
    backend.seal(true).await;
    for store in [&early, &late] {
        let error = failed(read(&**store, "a").await);
        assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, Retry::Soon), "{error:?}");
        assert!(error.to_string().contains("Vault is sealed"), "{error:?}");
    }
    backend.seal(false).await;
    for store in [&early, &late] {
        assert_found(read(&**store, "a").await, "v");
    }
}

async fn a_token_that_is_not_valid_is_told_from_a_missing_permission(backend: &dyn Backend) {
    backend.mount("secret", KvVersion::Two).await;
    let store = crate::backend::store(backend, &[("VAULT_TOKEN", "hvs.wrong")], &[]);
    let error = failed(read(&*store, "a").await);
    assert_eq!((error.kind(), error.retry()), (Kind::Unauthenticated, Retry::Never), "{error:?}");
    assert!(error.to_string().contains("the token is not valid"), "{error}");
}
