//! One login per run, revoked at its end.

use futures::future::join_all;

use super::limits::Limits;
use super::reading::{ask_one, assert_found, reads, secret};
use super::rig::{StoreLimit, StoreRig};
use crate::contract::checks::drop_after;

/// A hundred reads that start together log in once.
pub(super) async fn once(rig: &dyn StoreRig, limits: &Limits) {
    rig.put(&[secret("contract-login", "value")]).await.expect("a plain text");
    let before = rig.logins();
    let store = rig.store();
    assert_eq!(rig.logins(), before, "building a store opens no connection");
    let answers = (0..100).map(|_| ask_one(&*store, "contract-login"));
    for answer in join_all(answers).await {
        assert_found(&answer, "value");
    }
    store.open().await.expect("a second open does nothing");
    store.open().await.expect("a second open does nothing");
    if limits.permit(StoreLimit::Logins, "concurrent reads", before.is_some()) {
        assert_eq!(rig.logins(), before.map(|before| before + 1), "however many start together, one login");
    }
    store.close().await.expect("a store can be closed");

    let store = rig.store();
    let opened = join_all((0..100).map(|_| store.open())).await;
    assert!(opened.iter().all(Result::is_ok), "a good credential");
    assert_found(&ask_one(&*store, "contract-login").await, "value");
    assert_eq!(rig.logins(), before.map(|before| before + 2), "a read after opening logs in no more");
    store.close().await.expect("a store can be closed");
}

/// Closing revokes what the store created, and no more than that.
pub(super) async fn revoked(rig: &dyn StoreRig, limits: &Limits) {
    let before = rig.left_behind();
    let store = rig.store();
    store.close().await.expect("an unused store has nothing to revoke");
    if !limits.permit(StoreLimit::Revocation, "revoking", before.is_some()) {
        return;
    }
    assert_eq!(before, Some(0), "the stores of earlier cases are closed");
    let store = rig.store();
    ask_one(&*store, "contract-none").await;
    assert_eq!(rig.left_behind(), Some(1), "the store is logged in");
    store.close().await.expect("a store can be closed");
    assert_eq!(rig.left_behind(), Some(0), "closing revokes it");
}

/// Futures that are dropped early and late.
pub(super) async fn dropped(rig: &dyn StoreRig) {
    let before = rig.logins();
    for (number, polls) in [0, 1, 2, 3, 5, 8, 20, 100, 1000].into_iter().enumerate() {
        let store = rig.store();
        for read in reads(&*store, &["contract-login"]) {
            drop_after(polls, read.execute()).await;
        }
        drop_after(polls, store.open()).await;
        assert_found(&ask_one(&*store, "contract-login").await, "value");
        let most = before.map(|before| before + number + 1);
        assert!(
            rig.logins() <= most,
            "a dropped future causes no second login: {:?} > {most:?}",
            rig.logins()
        );
        store.close().await.expect("a store can be closed");
    }
    if let Some(left) = rig.left_behind() {
        assert_eq!(left, 0, "closing revokes the login of a dropped future too");
    }
}
