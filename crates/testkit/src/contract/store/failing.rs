//! A service in trouble, and secrecy.

use deployer_core::traits::SecretAnswer;

use super::limits::Limits;
use super::reading::{ask, ask_one, assert_found, failure, secrecy_of};
use super::rig::{StoreLimit, StoreRig};
use crate::contract::checks::canary;
use crate::contract::trouble::Trouble;

/// Trouble is classified, reported without any value, and over when it is over.
pub(super) async fn classified(rig: &dyn StoreRig, limits: &Limits, trouble: Trouble) {
    // Logged in before the trouble begins, and after.
    let early = rig.store();
    early.open().await.expect("a good credential");
    if !possible(rig, limits, trouble) {
        early.close().await.expect("a store can be closed");
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
    early.close().await.expect("a store can be closed");
    // A store that never reached its service can say so.
    if let Err(error) = late.close().await {
        secrecy.check("an error", &error);
    }
    if let Some(left) = rig.left_behind() {
        assert_eq!(left, 0, "closing revokes what was created, also after {trouble:?}");
    }
}

/// Brings about a trouble. A service that takes requests can be in any.
fn possible(rig: &dyn StoreRig, limits: &Limits, trouble: Trouble) -> bool {
    match (rig.trouble(trouble), rig.requests()) {
        (Ok(()), _) => true,
        (Err(reason), Some(_)) => panic!("the rig must bring about {trouble:?}: {reason}"),
        (Err(_), None) => limits.permit(StoreLimit::Requests, &format!("trouble {trouble:?}"), false),
    }
}

/// Many reads without a login report one error: `open` returns it, or all reads return the same.
pub(super) async fn rejected_login(rig: &dyn StoreRig, limits: &Limits) {
    if !possible(rig, limits, Trouble::Unauthenticated) {
        return;
    }
    let store = rig.store();
    let answers = ask(&*store, &["contract-a", "contract-b", "contract-canary"]).await;
    rig.mend();
    let errors: Vec<_> = answers.into_values().map(failure).collect();
    assert!(errors.iter().all(|error| *error == errors[0]), "an error per secret: {errors:?}");
    // The login never happened, so that nothing must be revoked.
    drop(store.close().await);
}

/// The runner retries, not the store.
pub(super) async fn sent_once(rig: &dyn StoreRig, limits: &Limits) {
    let store = rig.store();
    store.open().await.expect("a good credential");
    let count = async || {
        let before = rig.requests().unwrap_or_default();
        drop(ask_one(&*store, "contract-canary").await);
        rig.requests().unwrap_or_default() - before
    };
    let healthy = count().await;
    for trouble in [Trouble::Unavailable, Trouble::RateLimited] {
        if possible(rig, limits, trouble) {
            assert!(healthy > 0, "the rig counts the requests of a read");
            let troubled = count().await;
            assert!(troubled <= healthy, "{troubled} requests in place of {healthy} during {trouble:?}");
            rig.mend();
        }
    }
    store.close().await.expect("a store can be closed");
}

/// Listing without permission returns no names: the list only helps.
pub(super) async fn denied_list(rig: &dyn StoreRig, limits: &Limits) {
    let store = rig.store();
    if !possible(rig, limits, Trouble::Denied) {
        return;
    }
    let denied = rig.store();
    if denied.open().await.is_ok() {
        let names = denied.names().await;
        assert!(names.is_ok(), "no permission to list is `None`: {names:?}");
    }
    rig.mend();
    drop(denied.close().await);
    store.close().await.expect("a store can be closed");
}

/// Any other failure to list is an error, so that a person sees it.
pub(super) async fn failed_list(rig: &dyn StoreRig, limits: &Limits) {
    let store = rig.store();
    let lists = store.names().await.is_ok_and(|names| names.is_some());
    if possible(rig, limits, Trouble::Unavailable) {
        if lists {
            Trouble::Unavailable.check_read(&store.names().await.expect_err("the service is unavailable"));
        }
        rig.mend();
    }
    store.close().await.expect("a store can be closed");
}

/// Neither values nor credentials appear.
pub(super) async fn secrecy(rig: &dyn StoreRig) {
    let store = rig.store();
    let names = ["contract-canary", "contract-none", "contract-denied"];
    let answers = ask(&*store, &names).await;
    assert!(matches!(answers["contract-canary"], SecretAnswer::Found { .. }), "{answers:?}");
    let secrecy = secrecy_of(rig);
    secrecy.check("the answers", &answers);
    secrecy.check("the store", &store);
    secrecy.check("the location", &store.location());
    assert!(!store.location().is_empty(), "a store has a location");
    store.close().await.expect("a store can be closed");
    secrecy.check("the closed store", &store);
}
