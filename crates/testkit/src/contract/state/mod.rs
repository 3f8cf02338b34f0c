//! The suite of [`StatePlace`](deployer_core::traits::StatePlace).

mod objects;
mod races;
mod rig;
mod trouble;

use deployer_core::traits::{ObjectVersion, PutCondition, PutOutcome};
use futures::StreamExt;

use super::checks::Secrecy;
use super::limits::Limits;

pub use rig::{Races, StatePlaceLimit, StatePlaceRig};

use objects::{content, create, stored};

/// How many objects are written at once where the order does not matter.
const AT_ONCE: usize = 16;

/// Every case that a [`StatePlace`](deployer_core::traits::StatePlace) has to pass.
///
/// # Panics
/// When it does not pass.
pub async fn state_place_contract(rig: &dyn StatePlaceRig) {
    let secrecy = Secrecy::new(rig.credentials());
    let limits = Limits::new(rig.limits());
    reads_what_was_written(rig).await;
    keeps_names_apart(rig).await;
    creates_only_what_is_absent(rig).await;
    replaces_only_what_is_unchanged(rig).await;
    lists_by_prefix(rig).await;
    lists_every_page(rig, &limits).await;
    deletes(rig).await;
    races::creations(rig).await;
    races::additions(rig).await;
    races::leases(rig).await;
    trouble::fails(rig, &secrecy, &limits).await;
    trouble::loses_an_answer(rig, &secrecy, &limits).await;
    secrecy.check("the place", &rig.place());
    secrecy.check("its location", &rig.place().location());
}

async fn reads_what_was_written(rig: &dyn StatePlaceRig) {
    let place = rig.place();
    assert_eq!(content(&*place, "contract-absent").await, None, "an object that does not exist is none");
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let bytes = [b" \r\n", &all[..], b"\r\n "].concat();
    let version = create(&*place, "contract-bytes", &bytes).await;
    let object = rig.place().get("contract-bytes").await.expect("it can be read").expect("it is there");
    assert!(object.content == bytes, "the content is returned byte for byte");
    assert_eq!(object.version, version, "a read has the version of the write");
}

async fn keeps_names_apart(rig: &dyn StatePlaceRig) {
    let place = rig.place();
    let long = format!("contract-{}", "n".repeat(191));
    let names = ["contract-Case_a.b", "contract-case_a.b", "contract-case_a.b.c", &long];
    for name in names {
        create(&*place, name, name.as_bytes()).await;
    }
    for name in names {
        let read = content(&*place, name).await;
        assert_eq!(read.as_deref(), Some(name.as_bytes()), "each name has an object of its own");
    }
}

async fn creates_only_what_is_absent(rig: &dyn StatePlaceRig) {
    let place = rig.place();
    create(&*place, "contract-created", b"first").await;
    let again = place.put("contract-created", b"second".to_vec(), PutCondition::Absent).await;
    assert_eq!(again, Ok(PutOutcome::ConditionFailed), "an object is created once");
    let read = content(&*place, "contract-created").await;
    assert_eq!(read.as_deref(), Some(&b"first"[..]), "a refused write changes nothing");
}

async fn replaces_only_what_is_unchanged(rig: &dyn StatePlaceRig) {
    let place = rig.place();
    let first = create(&*place, "contract-replaced", b"first").await;
    let unchanged = |version: &ObjectVersion| PutCondition::Unchanged(version.clone());
    let second = stored(place.put("contract-replaced", b"second".to_vec(), unchanged(&first)).await);
    assert_ne!(first, second, "another content has another version");
    let stale = place.put("contract-replaced", b"third".to_vec(), unchanged(&first)).await;
    assert_eq!(stale, Ok(PutOutcome::ConditionFailed), "a version is replaced once");
    let read = content(&*place, "contract-replaced").await;
    assert_eq!(read.as_deref(), Some(&b"second"[..]), "a refused write changes nothing");
    stored(rig.place().put("contract-replaced", b"third".to_vec(), unchanged(&second)).await);
    let absent = place.put("contract-absent", b"x".to_vec(), unchanged(&second)).await;
    assert_eq!(absent, Ok(PutOutcome::ConditionFailed), "an object that does not exist is not replaced");
    assert_eq!(content(&*place, "contract-absent").await, None, "a refused write changes nothing");
}

async fn lists_by_prefix(rig: &dyn StatePlaceRig) {
    let place = rig.place();
    assert_eq!(place.list("contract-none-").await, Ok(Vec::new()), "nothing has this prefix");
    for name in ["contract-list-b", "contract-list-A", "contract-list-a", "contract-lis", "contract-lisu"] {
        create(&*place, name, b"x").await;
    }
    let listed = rig.place().list("contract-list-").await.expect("it can be listed");
    let expected = ["contract-list-A", "contract-list-a", "contract-list-b"];
    assert_eq!(listed, expected, "a list has the names with the prefix, in order");
    let all = place.list("").await.expect("it can be listed");
    let of_prefix: Vec<_> = all.iter().filter(|name| name.starts_with("contract-lis")).collect();
    assert_eq!(of_prefix.len(), 5, "without a prefix a list has every name: {of_prefix:?}");
}

async fn lists_every_page(rig: &dyn StatePlaceRig, limits: &Limits<StatePlaceLimit>) {
    let page = rig.page();
    if !limits.permit(StatePlaceLimit::Pages, "a list of more than one page", page.is_some()) {
        return;
    }
    let (place, count) = (rig.place(), page.unwrap_or_default() + 1);
    let write = |number: usize| {
        let place = &place;
        async move { create(&**place, &format!("contract-page-{number:05}"), b"x").await }
    };
    futures::stream::iter(0..count).map(write).buffer_unordered(AT_ONCE).count().await;
    let listed = place.list("contract-page-").await.expect("it can be listed");
    assert_eq!(listed.len(), count, "a list has all pages");
    assert!(listed.is_sorted(), "a list is in order");
}

async fn deletes(rig: &dyn StatePlaceRig) {
    let place = rig.place();
    create(&*place, "contract-deleted", b"x").await;
    create(&*place, "contract-deleted-not", b"x").await;
    for _ in 0..2 {
        assert_eq!(place.delete("contract-deleted").await, Ok(()), "an absent object is deleted already");
        assert_eq!(content(&*place, "contract-deleted").await, None, "a deleted object is not there");
    }
    assert!(content(&*place, "contract-deleted-not").await.is_some(), "only the one object is deleted");
    create(&*place, "contract-deleted", b"y").await;
}
