//! What a store makes of a service in trouble, and that it keeps secrets to itself.

use deployer_core::traits::Answer;

use super::{StoreRig, ask, ask_one, assert_found, failure, secrecy_of};
use crate::contract::trouble::Trouble;
use crate::contract::{canary, supported};

/// Trouble is classified, told without any value, and over when it is over.
pub(super) async fn in_trouble(rig: &dyn StoreRig, trouble: Trouble) {
    // Logged in before the trouble begins, and after: both readers get to know.
    let early = rig.store();
    early.open().await.expect("a good credential");
    if !supported(&format!("reading from a service that is {trouble:?}"), rig.trouble(trouble)) {
        early.close().await.expect("it can be closed");
        return;
    }
    let late = rig.store();
    let answer = ask_one(&*late, "contract-canary").await;
    let secrecy = secrecy_of(rig);
    secrecy.check("an answer", &answer);
    let error = failure(answer);
    trouble.check_read(&error);
    secrecy.check("the store", &late);
    if let Err(error) = late.open().await {
        trouble.check_read(&error);
        secrecy.check("an error", &error);
    }
    if !trouble.is_built_in() {
        let error = failure(ask_one(&*early, "contract-canary").await);
        trouble.check_read(&error);
        secrecy.check("an error", &error);
    }
    rig.mend();
    assert_found(&ask_one(&*early, "contract-canary").await, canary().value());
    if !trouble.is_built_in() {
        assert_found(&ask_one(&*late, "contract-canary").await, canary().value());
    }
    early.close().await.expect("it can be closed");
    // A store that never reached its service may say so.
    if let Err(error) = late.close().await {
        secrecy.check("an error", &error);
    }
    if let Some(left) = rig.left_behind() {
        assert_eq!(left, 0, "closing gives back what was created, also after {trouble:?}");
    }
}

/// Neither values nor credentials show.
pub(super) async fn secrecy(rig: &dyn StoreRig) {
    let store = rig.store();
    let names = ["contract-canary", "contract-none", "contract-denied"];
    let answers = ask(&*store, &names).await;
    assert!(matches!(answers["contract-canary"], Answer::Found(..)), "{answers:?}");
    let secrecy = secrecy_of(rig);
    secrecy.check("the answers", &answers);
    secrecy.check("the store", &store);
    secrecy.check("the location", &store.location());
    assert!(!store.location().is_empty(), "a store can be named");
    store.close().await.expect("it can be closed");
    secrecy.check("the closed store", &store);
}
