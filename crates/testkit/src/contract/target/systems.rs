//! Secrets of single systems, and what a target tells after it was written.

use std::collections::BTreeMap;

use deployer_core::model::{Desired, SecretName, SecretState, SystemSecretNames};
use deployer_core::traits::{Landed, NodeTarget, Secrets};

use super::deploying::{deploy, plan, prepare};
use super::rig::{Place, TargetLimit, TargetRig};
use super::sample::{pipe, state, system, values};
use super::steps::put_back;
use crate::contract::checks::{Secrecy, applies};
use crate::contract::limits::Limits;

/// Systems with secrets of their own.
fn with_own(target: &dyn NodeTarget, own: &[(&str, &[&str])]) -> Desired {
    let entities: Vec<String> =
        own.iter().map(|(id, _)| system(id, "a")).chain([pipe("p", r#""n": 1"#)]).collect();
    let names = |names: &[&str]| names.iter().map(|name| SecretName::new(*name)).collect();
    let own = own.iter().filter(|(_, own)| !own.is_empty()).map(|(id, own)| ((*id).to_owned(), names(own)));
    let system_secrets: SystemSecretNames = own.collect();
    state(target, &entities, "{}", &[]).with_system_secrets(system_secrets)
}

fn keeps_own(target: &dyn NodeTarget) -> bool {
    applies("secrets of systems", target.capabilities().system_secrets, "the target keeps none")
}

/// The values that are expected of systems.
fn expected(desired: &Desired) -> BTreeMap<String, Secrets> {
    let all = values(desired);
    let own = desired.system_secrets.iter().map(|(system, names)| {
        (system.clone(), names.iter().map(|name| (name.clone(), all[name].clone())).collect())
    });
    own.collect()
}

/// They arrive with their values, are listed, and those that nobody names stay as long as their system does.
pub(super) async fn own_secrets_arrive(place: &dyn Place) {
    let target = place.target();
    if !keeps_own(&*target) {
        return;
    }
    let two = with_own(&*target, &[("crm", &["a", "b"]), ("e r&p", &["a"])]);
    deploy(&*target, &two).await;
    let again = plan(&*target, &two).await;
    assert!(again.is_empty(), "{:?}", again.system_secrets);
    assert!(
        again.system_secrets.iter().all(|it| it.state == SecretState::SentAgain),
        "{:?}",
        again.system_secrets
    );
    let held = place.system_secrets();
    assert!(held == Some(expected(&two)), "the values arrive unchanged, each at its system");
    let one = with_own(&*target, &[("crm", &["a"])]);
    let removal = plan(&*target, &one).await;
    let lost: Vec<(&str, usize)> =
        removal.lost_secrets.iter().map(|lost| (lost.system.as_str(), lost.secrets.len())).collect();
    assert_eq!(lost, [("e r&p", 1)], "the plan names what is lost with a system");
    deploy(&*target, &one).await;
    let back = plan(&*target, &two).await;
    let state = |system: &str, name: &str| {
        back.system_secrets
            .iter()
            .find(|it| it.system == system && it.name.as_str() == name)
            .map(|it| it.state)
    };
    assert_eq!(state("crm", "b"), Some(SecretState::SentAgain), "what is not named stays");
    assert_eq!(state("e r&p", "a"), Some(SecretState::New), "what went with its system is gone");
}

/// Undone, new ones are gone, and others stay.
pub(super) async fn own_secrets_undone(place: &dyn Place) {
    let target = place.target();
    if !keeps_own(&*target) {
        return;
    }
    deploy(&*target, &with_own(&*target, &[("crm", &["a"])])).await;
    let more = with_own(&*target, &[("crm", &["a", "b"])]);
    let plan_of_more = plan(&*target, &more).await;
    let steps = prepare(&*target, &plan_of_more).await.expect("it can be prepared");
    assert_eq!(steps.len(), 1, "only secrets differ");
    steps[0].execute().await.expect("they are sent");
    assert!(steps[0].undo().is_some(), "one of them is new");
    for _ in 0..2 {
        put_back(&*steps[0]).await;
    }
    let again = plan(&*target, &more).await;
    let new = again.system_secrets.iter().filter(|it| it.state == SecretState::New);
    let new: Vec<&str> = new.map(|it| it.name.as_str()).collect();
    assert_eq!(new, ["b"], "what was there stays there");
}

/// A write of theirs whose answer or request is lost is found by reading.
pub(super) async fn own_secrets_lost(rig: &dyn TargetRig, limits: &Limits<TargetLimit>) {
    for answer in [true, false] {
        let place = rig.place().await;
        let target = place.target();
        if !keeps_own(&*target) {
            return;
        }
        deploy(&*target, &with_own(&*target, &[("crm", &[])])).await;
        let desired = with_own(&*target, &[("crm", &["a"])]);
        let steps = prepare(&*target, &plan(&*target, &desired).await).await.expect("it can be prepared");
        assert_eq!(steps[0].landed().await.expect("it can be read"), Landed::No, "it was not executed yet");
        let support = if answer { place.lose_answer() } else { place.lose_request() };
        let case = "a write of secrets of a system that is lost";
        if !limits.permit(TargetLimit::Requests, case, support.is_ok()) {
            return;
        }
        let error = steps[0].execute().await.expect_err("it is lost");
        Secrecy::new(place.credentials()).check("an error", &error);
        let landed = steps[0].landed().await.expect("it can be read");
        let expected = if answer { Landed::Yes } else { Landed::No };
        assert_eq!(landed, expected, "reading shows whether the write was applied: {error:?}");
        steps[0].execute().await.expect("it can be sent again");
        assert!(plan(&*target, &desired).await.is_empty());
    }
}

/// More looks than any rig's pipes need.
const MOST_LOOKS: usize = 50;

/// What was written settles, and looking at it writes nothing.
pub(super) async fn settles(place: &dyn Place) {
    let target = place.target();
    let settles = target.capabilities().settles;
    if !applies("waiting for pipes", settles, "the target is done when it has answered") {
        return;
    }
    let desired = with_own(&*target, &[("crm", &[])]);
    let deployed = plan(&*target, &desired).await;
    for step in prepare(&*target, &deployed).await.expect("it can be prepared") {
        step.execute().await.unwrap_or_else(|error| panic!("{}: {error:?}", step.name()));
    }
    let writes = place.writes();
    let mut deploying = Vec::new();
    for _ in 0..MOST_LOOKS {
        let settling = target.settling(&deployed).await.expect("it can be looked at");
        deploying.push(settling.deploying);
        if deploying.last().is_some_and(Vec::is_empty) {
            assert!(settling.invalid.is_empty(), "{:?}", settling.invalid);
            break;
        }
    }
    assert!(deploying.last().is_some_and(Vec::is_empty), "it settles: {deploying:?}");
    assert_eq!(place.writes(), writes, "looking writes nothing");
}
