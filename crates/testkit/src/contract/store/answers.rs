//! The answers of a healthy service.

use std::collections::BTreeSet;

use deployer_core::Kind;
use deployer_core::traits::SecretAnswer;

use super::limits::Limits;
use super::reading::{ask, ask_one, assert_found, failure, secret};
use super::rig::{StoreLimit, StoreRig};
use crate::contract::checks::canary;

/// Found, missing and denied secrets side by side.
pub(super) async fn independent(rig: &dyn StoreRig, limits: &Limits) {
    rig.put(&[
        secret("contract-a", "value a"),
        secret("contract-b", "value b"),
        secret("contract-denied", "x"),
    ])
    .await
    .expect("plain texts");
    let denied = rig.deny("contract-denied").await;
    let store = rig.store();
    let mut names = vec!["contract-b", "contract-none", "contract-a"];
    if limits.permit(StoreLimit::Denial, "a denied secret", denied.is_ok()) {
        names.push("contract-denied");
    }
    let mut answers = ask(&*store, &names).await;
    assert_eq!(answers.len(), names.len(), "every secret is answered");
    assert_found(&answers["contract-a"], "value a");
    assert_found(&answers["contract-b"], "value b");
    let missing = &answers["contract-none"];
    assert!(matches!(missing, SecretAnswer::Missing { .. }), "{missing:?}");
    if let Some(answer) = answers.remove("contract-denied") {
        let error = failure(answer);
        assert_eq!(error.kind(), Kind::Denied, "{error:?}");
        assert!(format!("{error:?}").contains("contract-denied"), "the error names the secret: {error:?}");
    }
    for (name, answer) in answers {
        if let SecretAnswer::Found { notes, .. } = answer {
            assert!(notes.is_empty(), "there is nothing to remark about {name}: {notes:?}");
        }
    }
    store.close().await.expect("a store can be closed");
}

/// Values as they were written.
pub(super) async fn values(rig: &dyn StoreRig, limits: &Limits) {
    let large = "x".repeat(20_000);
    let canary = canary();
    let values: [(&str, &str); 12] = [
        ("unicode", "blåbærsyltetøy 漢字 🫐 e\u{301}"),
        ("json", r#"{"user": "a", "password": "b\"c", "n": [1, 2.50]}"#),
        ("number", "007"),
        ("word", "true"),
        ("lines", "one\ntwo\r\nthree\n\nfive"),
        ("newline-at-its-end", "value\n"),
        ("blanks", "  value\t "),
        ("quotes", r#"a "b" 'c' \d \n $HOME ${X} %20 + / = # ; `"#),
        ("key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"),
        ("markup", "<b>&amp;</b>"),
        ("canary", canary.value()),
        ("large", &large),
    ];
    let store = rig.store();
    for (case, value) in values {
        let name = format!("contract-{case}");
        rig.put(&[secret(&name, value)]).await.expect("a text");
        assert_found(&ask_one(&*store, &name).await, value);
    }
    let empty = rig.put(&[secret("contract-empty", "")]).await;
    if limits.permit(StoreLimit::EmptyValue, "an empty value", empty.is_ok()) {
        assert_found(&ask_one(&*store, "contract-empty").await, "");
    }
    store.close().await.expect("a store can be closed");
}

/// Many secrets at once, a tenth of them missing.
pub(super) async fn a_thousand(rig: &dyn StoreRig) {
    let names: Vec<String> = (0..1000).map(|number| format!("contract-many-{number}")).collect();
    let is_missing = |name: &str| name.ends_with('7');
    let existing = names.iter().filter(|name| !is_missing(name));
    let secrets: Vec<_> = existing.map(|name| secret(name, &format!("value of {name}"))).collect();
    rig.put(&secrets).await.expect("plain texts");
    let store = rig.store();
    let answers = ask(&*store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(answers.len(), names.len(), "every secret is answered");
    for name in &names {
        match &answers[name] {
            SecretAnswer::Missing { .. } => assert!(is_missing(name), "{name} exists"),
            answer => {
                assert!(!is_missing(name), "{name} doesn't exist: {answer:?}");
                assert_found(answer, &format!("value of {name}"));
            }
        }
    }
    store.close().await.expect("a store can be closed");
}

/// The list of names, and whether it proves presence.
pub(super) async fn names(rig: &dyn StoreRig, limits: &Limits) {
    let store = rig.store();
    let names = store.names().await.expect("a healthy service");
    if limits.permit(StoreLimit::Names, "the names of secrets", names.is_some()) {
        let names = names.unwrap_or_default();
        let names: BTreeSet<&str> = names.iter().map(|name| name.as_str()).collect();
        assert!(names.contains("contract-a") && names.contains("contract-many-0"), "{names:?}");
        assert!(!names.contains("contract-none"), "{names:?}");
        if store.capabilities().names_prove_presence {
            assert!(!names.contains("contract-many-7"), "{names:?}");
        }
    }
    store.close().await.expect("a store can be closed");
}
