//! Services that fail.

use deployer_core::traits::PutCondition;
use deployer_core::{Error, Kind};

use super::objects::{content, create, record};
use super::rig::{LeasePlaceRig, StatePlaceLimit, StatePlaceRig};
use crate::contract::checks::Secrecy;
use crate::contract::limits::Limits;
use crate::contract::trouble::Trouble;

/// Reads and writes meet each trouble.
pub(super) async fn fails(rig: &dyn LeasePlaceRig, secrecy: &Secrecy, limits: &Limits<StatePlaceLimit>) {
    create(&*rig.place(), "contract-trouble.json", &record(1)).await;
    for trouble in troubles() {
        let case = format!("a service that is {trouble:?}");
        if !limits.permit(StatePlaceLimit::Trouble(trouble), &case, rig.trouble(trouble).is_ok()) {
            continue;
        }
        let place = rig.place();
        let once = |before: Option<usize>| {
            if let (Some(before), Some(after)) = (before, rig.requests()) {
                assert!(after <= before + 1, "a place sends each request once: {}", after - before);
            }
        };
        let before = rig.requests();
        let read = failed(place.get("contract-trouble.json").await.map(drop));
        once(before);
        trouble.check_read(&read);
        let (before, name) = (rig.requests(), format!("contract-in-{trouble:?}.json").to_lowercase());
        let write = failed(place.put(&name, record(1), PutCondition::Absent).await.map(drop));
        once(before);
        check_write(trouble, &write);
        for error in [read, write] {
            secrecy.check("an error", &error);
        }
        rig.mend();
    }
}

/// Lists and deletions meet each trouble.
pub(super) async fn fails_to_list_and_delete(
    rig: &dyn StatePlaceRig,
    secrecy: &Secrecy,
    limits: &Limits<StatePlaceLimit>,
) {
    create(&*rig.place(), "contract-trouble", b"x").await;
    for trouble in troubles() {
        let case = format!("a list of a service that is {trouble:?}");
        if !limits.permit(StatePlaceLimit::Trouble(trouble), &case, rig.trouble(trouble).is_ok()) {
            continue;
        }
        let place = rig.place();
        let list = failed(place.list("contract-").await.map(drop));
        trouble.check_read(&list);
        let deletion = failed(place.delete("contract-trouble").await);
        check_write(trouble, &deletion);
        for error in [list, deletion] {
            secrecy.check("an error", &error);
        }
        rig.mend();
        rig.place().delete("contract-trouble").await.expect("the trouble is over");
    }
}

fn troubles() -> impl Iterator<Item = Trouble> {
    Trouble::of_stores().filter(|trouble| *trouble != Trouble::HalfJson)
}

#[track_caller]
fn failed(outcome: deployer_core::Result<()>) -> Error {
    outcome.expect_err("the service is in trouble")
}

/// Fails unless the outcome of a write that might have been carried out is unknown.
#[track_caller]
fn check_write(trouble: Trouble, error: &Error) {
    match trouble {
        Trouble::Cut | Trouble::Silent | Trouble::Unavailable | Trouble::Html => {
            assert_eq!(error.kind(), Kind::UnknownOutcome, "{trouble:?} may have stored it: {error:?}");
        }
        Trouble::NotFoundPage => assert_ne!(error.kind(), Kind::Conflict, "{error:?}"),
        _ => trouble.check_read(error),
    }
}

/// A write is carried out and its answer lost: the outcome is unknown, and the object is there.
pub(super) async fn loses_an_answer(
    rig: &dyn LeasePlaceRig,
    secrecy: &Secrecy,
    limits: &Limits<StatePlaceLimit>,
) {
    let case = "an answer that is lost";
    if !limits.permit(StatePlaceLimit::LostAnswers, case, rig.lose_answer().is_ok()) {
        return;
    }
    let outcome = rig.place().put("contract-lost.json", record(1), PutCondition::Absent).await;
    let error = outcome.expect_err("a lost answer is neither a success nor a failed condition");
    assert_eq!(error.kind(), Kind::UnknownOutcome, "{error:?}");
    secrecy.check("an error", &error);
    rig.mend();
    let read = content(&*rig.place(), "contract-lost.json").await;
    assert_eq!(read, Some(record(1)), "the object was stored");
}
