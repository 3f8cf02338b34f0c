//! One login a run, given back at its end.

use futures::future::join_all;

use super::{StoreRig, address, ask_one, assert_found, secret};
use crate::contract::{drop_after, supported};

/// A hundred readers that start together log in once.
pub(super) async fn once(rig: &dyn StoreRig) {
    rig.put(&[secret("contract-login", "value")]).await.expect("a plain text");
    let before = rig.logins();
    let store = rig.store();
    assert_eq!(rig.logins(), before, "building a store opens no connection");
    let readers = (0..100).map(|_| ask_one(&*store, "contract-login"));
    for answer in join_all(readers).await {
        assert_found(&answer, "value");
    }
    store.open().await.expect("opening twice is as good as once");
    store.open().await.expect("opening twice is as good as once");
    if supported("concurrent first use logs in once", before.map(drop).ok_or("there are no logins")) {
        assert_eq!(rig.logins(), before.map(|before| before + 1), "however many start together, one login");
    }
    store.close().await.expect("it can be closed");

    let store = rig.store();
    let opened = join_all((0..100).map(|_| store.open())).await;
    assert!(opened.iter().all(Result::is_ok), "a good credential");
    assert_found(&ask_one(&*store, "contract-login").await, "value");
    assert_eq!(rig.logins(), before.map(|before| before + 2), "reading after opening logs in no more");
    store.close().await.expect("it can be closed");
}

/// Closing gives back what was created, and no more than that.
pub(super) async fn given_back(rig: &dyn StoreRig) {
    let before = rig.left_behind();
    let store = rig.store();
    store.close().await.expect("a store that was not used has nothing to give back");
    if !supported("what was created is given back", before.map(drop).ok_or("nothing is created")) {
        return;
    }
    assert_eq!(before, Some(0), "the cases before this one closed their stores");
    let store = rig.store();
    ask_one(&*store, "contract-none").await;
    assert_eq!(rig.left_behind(), Some(1), "a login is under way");
    store.close().await.expect("it can be closed");
    assert_eq!(rig.left_behind(), Some(0), "closing gives it back");
}

/// A reader that goes away in the middle does no harm.
pub(super) async fn dropped(rig: &dyn StoreRig) {
    let before = rig.logins();
    for (number, polls) in [0, 1, 2, 3, 5, 8, 20, 100, 1000].into_iter().enumerate() {
        let store = rig.store();
        let at = address(&*store, "contract-login");
        drop_after(polls, store.read(std::slice::from_ref(&at))).await;
        drop_after(polls, store.open()).await;
        assert_found(&ask_one(&*store, "contract-login").await, "value");
        let most = before.map(|before| before + number + 1);
        assert!(rig.logins() <= most, "going away makes no second login: {:?} > {most:?}", rig.logins());
        store.close().await.expect("it can be closed");
    }
    if let Some(left) = rig.left_behind() {
        assert_eq!(left, 0, "what a reader that went away created is given back too");
    }
}
