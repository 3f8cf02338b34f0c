//! What a store answers.

use std::collections::BTreeSet;

use deployer_core::Kind;
use deployer_core::traits::{Address, Answer};

use super::{StoreRig, address, ask, ask_one, assert_found, failure, secret, wanted};
use crate::contract::{canary, supported};

/// Found, missing and denied stand side by side in one answer.
pub(super) async fn each_on_its_own(rig: &dyn StoreRig) {
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
    if supported("a secret that may not be read", denied) {
        names.push("contract-denied");
    }
    let mut answers = ask(&*store, &names).await;
    assert_eq!(answers.len(), names.len(), "every name is answered");
    assert_found(&answers["contract-a"], "value a");
    assert_found(&answers["contract-b"], "value b");
    assert!(matches!(answers["contract-none"], Answer::Missing(_)), "{:?}", answers["contract-none"]);
    if let Some(answer) = answers.remove("contract-denied") {
        let error = failure(answer);
        assert_eq!(error.kind(), Kind::Denied, "{error:?}");
        assert!(format!("{error:?}").contains("contract-denied"), "the error names the secret: {error:?}");
    }
    for (name, answer) in answers {
        if let Answer::Found(_, notes) = answer {
            assert!(notes.is_empty(), "{name} is as it should be: {notes:?}");
        }
    }
    store.close().await.expect("it can be closed");
}

/// `address` and `reads` are pure, and `read` answers in order, twice what is asked twice.
pub(super) async fn grouped(rig: &dyn StoreRig) {
    let store = rig.store();
    let names: Vec<String> = (0..45).map(|number| format!("contract-group-{number}")).collect();
    let addresses: Vec<Address> = names.iter().map(|name| address(&*store, name)).collect();
    let again: Vec<Address> = names.iter().map(|name| address(&*store, name)).collect();
    assert_eq!(addresses, again, "an address stays the same");
    let distinct: BTreeSet<&Address> = addresses.iter().collect();
    assert_eq!(distinct.len(), names.len(), "two secrets have two addresses");

    for count in [0, 1, 2, 20, 21, 45] {
        let groups = store.reads(&addresses[..count]);
        assert!(
            groups.iter().all(|group| !group.is_empty()),
            "a group without addresses is a wasted request"
        );
        let mut grouped: Vec<Address> = groups.into_iter().flatten().collect();
        grouped.sort();
        let mut asked = addresses[..count].to_vec();
        asked.sort();
        assert_eq!(grouped, asked, "every address stands in exactly one group");
    }

    let secrets: Vec<_> = names.iter().map(|name| secret(name, &format!("value of {name}"))).collect();
    rig.put(&secrets).await.expect("plain texts");
    for group in store.reads(&addresses) {
        let answers = store.read(&group).await;
        assert_eq!(answers.len(), group.len(), "every address is answered");
        for (one, answer) in group.iter().zip(&answers) {
            let at = addresses.iter().position(|other| other == one).expect("a group holds what was asked");
            assert_found(answer, &format!("value of {}", names[at]));
        }
    }
    let twice = [addresses[3].clone(), addresses[3].clone()];
    for answer in store.read(&twice).await {
        assert_found(&answer, "value of contract-group-3");
    }
    assert_eq!(store.read(&[]).await.len(), 0, "nothing asked, nothing answered");
    if let Err(error) = store.address(&wanted("contract ø/../\n")) {
        assert_eq!(error.kind(), Kind::Verification, "a name that the store cannot have: {error:?}");
    }
    store.close().await.expect("it can be closed");
}

/// Values come back as they were written, byte for byte.
pub(super) async fn values(rig: &dyn StoreRig) {
    let large = "x".repeat(20_000);
    let canary = canary();
    let values: [(&str, &str); 13] = [
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
        ("empty", ""),
    ];
    let store = rig.store();
    for (case, value) in values {
        let name = format!("contract-{case}");
        if !supported(&format!("a value: {case}"), rig.put(&[secret(&name, value)]).await) {
            continue;
        }
        let answer = ask_one(&*store, &name).await;
        assert_found(&answer, value);
        if let (true, Answer::Found(_, notes)) = (value.is_empty(), &answer) {
            assert!(!notes.is_empty(), "a person should know that a value is empty");
        }
    }
    store.close().await.expect("it can be closed");
}

/// Many references at once, a tenth of them missing.
pub(super) async fn a_thousand(rig: &dyn StoreRig) {
    let names: Vec<String> = (0..1000).map(|number| format!("contract-many-{number}")).collect();
    let is_missing = |name: &str| name.ends_with('7');
    let there = names.iter().filter(|name| !is_missing(name));
    let secrets: Vec<_> = there.map(|name| secret(name, &format!("value of {name}"))).collect();
    rig.put(&secrets).await.expect("plain texts");
    let store = rig.store();
    let answers = ask(&*store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(answers.len(), names.len(), "every name is answered");
    for name in &names {
        match &answers[name] {
            Answer::Missing(_) => assert!(is_missing(name), "{name} is there"),
            answer => {
                assert!(!is_missing(name), "{name} is not there: {answer:?}");
                assert_found(answer, &format!("value of {name}"));
            }
        }
    }
    store.close().await.expect("it can be closed");
}

/// The names are those of the secrets that exist, or none.
pub(super) async fn names(rig: &dyn StoreRig) {
    let store = rig.store();
    let names = store.names().await.expect("\"not permitted\" is no failure");
    let can = names.as_ref().map(drop).ok_or("the store cannot list");
    assert!(can.is_ok() || !store.capabilities().names_prove_presence, "a capability is set honestly");
    if let (true, Some(names)) = (supported("the names of secrets", can), names) {
        let names: BTreeSet<&str> = names.iter().map(|name| name.as_str()).collect();
        assert!(names.contains("contract-a") && names.contains("contract-many-0"), "{names:?}");
        assert!(!names.contains("contract-none"), "{names:?}");
        let case = "listed is present";
        let proof = store.capabilities().names_prove_presence.then_some(()).ok_or("names prove nothing here");
        if supported(case, proof) {
            assert!(!names.contains("contract-many-7"), "{names:?}");
        }
    }
    store.close().await.expect("it can be closed");
}
