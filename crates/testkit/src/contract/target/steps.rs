//! Single steps: undone, lost, overtaken, dropped.

use deployer_core::traits::{Landed, Step};
use deployer_core::{Error, Kind};

use super::deploying::{assert_holds, deploy, plan, prepare};
use super::rig::{Place, TargetLimit, TargetRig};
use super::sample::{first, second};
use crate::contract::checks::{applies, drop_after};
use crate::contract::limits::Limits;

/// Undoing reversible steps, last first, leads back to the state before.
pub(super) async fn undone(place: &dyn Place, limits: &Limits<TargetLimit>) {
    let target = place.target();
    let before = first(&*target);
    deploy(&*target, &before).await;
    let observed = target.observe().await.expect("it can be read");
    let plan = plan(&*target, &second(&*target)).await;
    let steps = prepare(&*target, &plan).await.expect("it can be prepared");
    let steps: Vec<_> = steps.into_iter().take_while(|step| step.undo().is_some()).collect();
    if !limits.permit(TargetLimit::Undo, "undoing", !steps.is_empty()) {
        return;
    }
    for count in [steps.len(), 1] {
        for step in &steps[..count] {
            step.execute().await.unwrap_or_else(|error| panic!("{}: {error:?}", step.name()));
        }
        for step in steps[..count].iter().rev() {
            put_back(&**step).await;
        }
        assert_holds(place, &before).await;
        let now = target.observe().await.expect("it can be read");
        assert_eq!(now.secrets, observed.secrets, "new secrets are taken back");
    }
    for step in steps.iter().rev() {
        put_back(&**step).await;
    }
    assert_holds(place, &before).await;
}

/// Undoes a step, and finds by reading that it was undone.
pub(super) async fn put_back(step: &dyn Step) {
    let undo = step.undo().unwrap_or_else(|| panic!("{} can be undone at any time", step.name()));
    assert!(!undo.name().is_empty(), "an undoing step has a name");
    let done = undo.execute().await.unwrap_or_else(|error| panic!("{}: {error:?}", undo.name()));
    assert!(!done.detail.is_empty(), "{} says what was put back", undo.name());
    let landed = undo.landed().await.expect("it can be read");
    assert_eq!(landed, Landed::Yes, "{} was applied", undo.name());
}

/// A write that was applied and whose answer was lost is found by reading.
pub(super) async fn lost_answer(rig: &dyn TargetRig, limits: &Limits<TargetLimit>) {
    let place = rig.place().await;
    let target = place.target();
    deploy(&*target, &first(&*target)).await;
    let desired = second(&*target);
    let plan = plan(&*target, &desired).await;
    for step in prepare(&*target, &plan).await.expect("it can be prepared") {
        if !limits.permit(TargetLimit::Requests, "a write whose answer is lost", place.lose_answer().is_ok())
        {
            return;
        }
        let error = step.execute().await.expect_err("the answer is lost");
        assert!(is_unknown(&error), "{}: {error:?}", step.name());
        let landed = step.landed().await.expect("it can be read");
        assert_eq!(landed, Landed::Yes, "{} was applied", step.name());
    }
    place.mend();
    assert_holds(&*place, &desired).await;
}

/// A write that was lost on its way is found by reading, and can be made again.
pub(super) async fn lost_request(rig: &dyn TargetRig, limits: &Limits<TargetLimit>) {
    let place = rig.place().await;
    let target = place.target();
    deploy(&*target, &first(&*target)).await;
    let desired = second(&*target);
    let plan = plan(&*target, &desired).await;
    for step in prepare(&*target, &plan).await.expect("it can be prepared") {
        let landed = step.landed().await.expect("it can be read");
        assert_eq!(landed, Landed::No, "{} was not executed yet", step.name());
        if !limits.permit(TargetLimit::Requests, "a write that is lost", place.lose_request().is_ok()) {
            return;
        }
        let error = step.execute().await.expect_err("the request is lost");
        assert_ne!(error.kind(), Kind::Conflict, "{}: {error:?}", step.name());
        let landed = step.landed().await.expect("it can be read");
        assert_eq!(landed, Landed::No, "{} was not applied: {error:?}", step.name());
        step.execute().await.unwrap_or_else(|error| panic!("{}: {error:?}", step.name()));
        assert_eq!(step.landed().await.expect("it can be read"), Landed::Yes, "{}", step.name());
    }
    assert_holds(&*place, &desired).await;
}

fn is_unknown(error: &Error) -> bool {
    [Kind::UnknownOutcome, Kind::Timeout].contains(&error.kind())
}

/// Somebody else writes between preparing and executing: a conflict, and planning again copes with it.
pub(super) async fn somebody_was_first(place: &dyn Place) {
    let target = place.target();
    deploy(&*target, &first(&*target)).await;
    let desired = second(&*target);
    let plan = plan(&*target, &desired).await;
    let steps = prepare(&*target, &plan).await.expect("it can be prepared");
    let intruded = place.intrude().await;
    let conditional = target.capabilities().conditional_write;
    assert_eq!(intruded.is_ok(), conditional, "`conditional_write` is set honestly: {intruded:?}");
    if !applies("somebody else was first", conditional, "the target does not compare and swap") {
        return;
    }
    let mut conflict = None;
    for step in &steps {
        if let Err(error) = step.execute().await {
            conflict = Some(error);
            break;
        }
    }
    let error = conflict.expect("somebody else's work is not overwritten");
    assert_eq!(error.kind(), Kind::Conflict, "{error:?}");
    deploy(&*target, &desired).await;
    assert_holds(place, &desired).await;
}

/// A plan made by another program, from a state that is gone, is refused or leads to the same end.
pub(super) async fn a_stale_plan(place: &dyn Place) {
    let target = place.target();
    let desired = second(&*target);
    let stale = plan(&*target, &desired).await;
    deploy(&*place.target(), &first(&*target)).await;
    let (writes, other) = (place.writes(), place.target());
    match prepare(&*other, &stale).await {
        Err(error) => {
            assert_eq!(error.kind(), Kind::Conflict, "{error:?}");
            assert_eq!(place.writes(), writes, "preparing writes nothing");
        }
        Ok(steps) => {
            for step in steps {
                if let Err(error) = step.execute().await {
                    assert_eq!(error.kind(), Kind::Conflict, "{error:?}");
                    return;
                }
            }
            assert_holds(place, &desired).await;
        }
    }
}

/// A caller that goes away in the middle does no harm.
pub(super) async fn dropped(place: &dyn Place) {
    let target = place.target();
    let states = [first(&*target), second(&*target)];
    for (number, polls) in [0, 1, 2, 5, 20, 200].into_iter().enumerate() {
        let desired = &states[number % 2];
        drop_after(polls, target.observe()).await;
        let plan = plan(&*target, desired).await;
        drop_after(polls, prepare(&*target, &plan)).await;
        for step in prepare(&*target, &plan).await.expect("it can be prepared") {
            drop_after(polls, step.execute()).await;
            step.landed().await.expect("it can be read");
        }
    }
    // What was on its way may arrive while the next one writes: a conflict then, and nothing worse.
    let last = &states[0];
    for _ in 0..5 {
        let plan = plan(&*target, last).await;
        for step in prepare(&*target, &plan).await.expect("it can be prepared") {
            match step.execute().await {
                Ok(_) => {}
                Err(error) if error.kind() == Kind::Conflict => break,
                Err(error) => panic!("{}: {error:?}", step.name()),
            }
        }
    }
    assert_holds(place, last).await;
}
