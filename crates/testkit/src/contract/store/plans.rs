//! Addresses and reads, which need no service.

use std::collections::BTreeMap;

use deployer_core::traits::{SecretAddress, SecretStore, WantedSecret};
use deployer_core::{Kind, Result};

use super::reading::{ask, assert_found, execute, reads, secret, wanted};
use super::rig::StoreRig;

/// Names that a store can confuse: services ignore case, and plugins replace characters.
const SIMILAR: [&str; 5] = [
    "contract-similar-a",
    "contract-similar-A",
    "contract-similar_a",
    "contract-similar.a",
    "contract/similar-a",
];

fn address(store: &dyn SecretStore, name: &str) -> Result<SecretAddress> {
    store.address(&wanted(name))
}

/// Secrets with similar names have different addresses and values, or the store rejects one of the names.
pub(super) async fn two_addresses(rig: &dyn StoreRig) {
    let store = rig.store();
    let mut accepted: BTreeMap<SecretAddress, &str> = BTreeMap::new();
    for name in SIMILAR.into_iter().chain(["contract ø/../\n"]) {
        match address(&*store, name) {
            Ok(address) => {
                assert_eq!(
                    self::address(&*store, name).ok().as_ref(),
                    Some(&address),
                    "an address is constant"
                );
                let other = accepted.insert(address.clone(), name);
                assert_eq!(other, None, "{name:?} has the same address, {address}");
            }
            Err(error) => assert_eq!(error.kind(), Kind::Verification, "an unsuitable name: {error:?}"),
        }
    }
    store.close().await.expect("a store can be closed");

    // A store that rejected a name might read nothing.
    let store = rig.store();
    let names: Vec<&str> =
        SIMILAR.into_iter().filter(|name| accepted.values().any(|accepted| accepted == name)).collect();
    let secrets: Vec<_> = names.iter().map(|name| secret(name, &format!("value of {name}"))).collect();
    rig.put(&secrets).await.expect("plain texts");
    let answers = ask(&*store, &names).await;
    assert!(names.contains(&SIMILAR[0]), "a plain name has an address");
    for name in names {
        assert_found(&answers[name], &format!("value of {name}"));
    }
    store.close().await.expect("a store can be closed");
}

/// Each secret is in exactly one read, which answers it and no other.
pub(super) async fn one_read(rig: &dyn StoreRig) {
    let store = rig.store();
    let names: Vec<String> = (0..45).map(|number| format!("contract-read-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for count in [0, 1, 2, 20, 21, 45] {
        let plan = |names: &[&str]| -> Vec<Vec<WantedSecret>> {
            let reads = reads(&*store, names);
            reads.iter().map(|read| read.secrets().into_iter().cloned().collect()).collect()
        };
        let planned = plan(&names[..count]);
        assert_eq!(planned, plan(&names[..count]), "a plan is constant");
        assert!(
            planned.iter().all(|secrets| !secrets.is_empty()),
            "a read without secrets is a wasted request"
        );
        let mut planned: Vec<WantedSecret> = planned.into_iter().flatten().collect();
        planned.sort();
        let mut expected: Vec<WantedSecret> = names[..count].iter().map(|name| wanted(name)).collect();
        expected.sort();
        assert_eq!(planned, expected, "every secret is in exactly one read");
    }

    let secrets: Vec<_> = names.iter().map(|name| secret(name, &format!("value of {name}"))).collect();
    rig.put(&secrets).await.expect("plain texts");
    for read in reads(&*store, &names) {
        // A read can be executed again.
        for _ in 0..2 {
            let answers = execute(&*read).await;
            let answered: Vec<&WantedSecret> = answers.keys().collect();
            let mut secrets = read.secrets();
            secrets.sort();
            assert_eq!(answered, secrets, "a read answers its secrets");
            for (secret, answer) in &answers {
                assert_found(answer, &format!("value of {}", secret.name));
            }
        }
    }
    store.close().await.expect("a store can be closed");
}
