//! The suites of [`StatePlace`](deployer_core::traits::StatePlace) and [`LeasePlace`](deployer_core::traits::LeasePlace).

mod leases;
mod objects;
mod races;
mod rig;
mod trouble;

use futures::StreamExt;

use super::checks::Secrecy;
use super::limits::Limits;

pub use leases::lease_place_contract;
pub use rig::{LeasePlaceRig, Races, StatePlaceLimit, StatePlaceRig};

use objects::{content, create};
use rig::LeasesOf;

/// How many objects are written at once where the order does not matter.
const AT_ONCE: usize = 16;

/// Every case that a [`StatePlace`](deployer_core::traits::StatePlace) has to pass: those of leases, too.
///
/// # Panics
/// When it does not pass.
pub async fn state_place_contract(rig: &dyn StatePlaceRig) {
    let secrecy = Secrecy::new(rig.credentials());
    let limits = Limits::new(rig.limits());
    reads_what_was_written(rig).await;
    keeps_names_apart(rig).await;
    lists_by_prefix(rig).await;
    lists_every_page(rig, &limits).await;
    deletes(rig).await;
    lease_place_contract(&LeasesOf(rig)).await;
    trouble::fails_to_list_and_delete(rig, &secrecy, &limits).await;
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
