//! Services that fail.

use deployer_core::traits::PutCondition;
use deployer_core::{Error, Kind};

use super::objects::{content, create};
use super::rig::{StatePlaceLimit, StatePlaceRig};
use crate::contract::checks::Secrecy;
use crate::contract::limits::Limits;
use crate::contract::trouble::Trouble;

/// Each call of a place meets each trouble.
pub(super) async fn fails(rig: &dyn StatePlaceRig, secrecy: &Secrecy, limits: &Limits<StatePlaceLimit>) {
    create(&*rig.place(), "contract-trouble", b"x").await;
    for trouble in Trouble::of_stores().filter(|trouble| *trouble != Trouble::HalfJson) {
        let case = format!("a service that is {trouble:?}");
        if !limits.permit(StatePlaceLimit::Trouble(trouble), &case, rig.trouble(trouble).is_ok()) {
            continue;
        }
        let place = rig.place();
        let before = rig.requests();
        let read = place.get("contract-trouble").await.map(drop);
        if let (Some(before), Some(after)) = (before, rig.requests()) {
            assert!(after <= before + 1, "a place sends each request once: {}", after - before);
        }
        let failed = |outcome: deployer_core::Result<()>| outcome.expect_err("the service is in trouble");
        let reads = [failed(read), failed(place.list("contract-").await.map(drop))];
        for error in &reads {
            trouble.check_read(error);
            secrecy.check("an error", error);
        }
        let before = rig.requests();
        let put = place.put("contract-in-trouble", b"x".to_vec(), PutCondition::Absent).await;
        if let (Some(before), Some(after)) = (before, rig.requests()) {
            assert!(after <= before + 1, "a place sends each request once: {}", after - before);
        }
        for error in [failed(put.map(drop)), failed(place.delete("contract-trouble").await)] {
            check_write(trouble, &error);
            secrecy.check("an error", &error);
        }
        rig.mend();
        let place = rig.place();
        place.delete("contract-in-trouble").await.expect("the trouble is over");
        place.delete("contract-trouble").await.expect("the trouble is over");
        create(&*place, "contract-trouble", b"x").await;
    }
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
    rig: &dyn StatePlaceRig,
    secrecy: &Secrecy,
    limits: &Limits<StatePlaceLimit>,
) {
    let case = "an answer that is lost";
    if !limits.permit(StatePlaceLimit::LostAnswers, case, rig.lose_answer().is_ok()) {
        return;
    }
    let outcome = rig.place().put("contract-lost", b"x".to_vec(), PutCondition::Absent).await;
    let error = outcome.expect_err("a lost answer is neither a success nor a failed condition");
    assert_eq!(error.kind(), Kind::UnknownOutcome, "{error:?}");
    secrecy.check("an error", &error);
    rig.mend();
    let read = content(&*rig.place(), "contract-lost").await;
    assert_eq!(read.as_deref(), Some(&b"x"[..]), "the object was stored");
}
