//! Refusals and trouble.

use deployer_core::Kind;
use deployer_core::traits::Landed;

use super::deploying::{assert_holds, deploy, plan, prepare};
use super::rig::{Place, TargetLimit};
use super::sample::{first, second, values};
use super::steps::put_back;
use crate::contract::checks::{Secrecy, applies};
use crate::contract::limits::Limits;
use crate::contract::trouble::Trouble;

/// A refused configuration says so, and what was written before it can be put back.
pub(super) async fn refused(place: &dyn Place) {
    let target = place.target();
    let can_refuse = target.capabilities().can_refuse;
    if !applies("a refused configuration", can_refuse, "the target refuses nothing") {
        return;
    }
    let before = first(&*target);
    deploy(&*target, &before).await;
    let plan = plan(&*target, &second(&*target)).await;
    let steps = prepare(&*target, &plan).await.expect("it can be prepared");
    place.refuse().expect("the rig of a target that can refuse can bring it about");
    let mut done = Vec::new();
    let mut refusal = None;
    for step in &steps {
        match step.execute().await {
            Ok(_) => done.push(step),
            Err(error) => {
                refusal = Some(error);
                break;
            }
        }
    }
    let refusal = refusal.expect("the configuration is refused");
    assert_eq!(refusal.kind(), Kind::Rejected, "{refusal:?}");
    Secrecy::new(place.credentials()).check("the refusal", &refusal);
    place.mend();
    for step in done.iter().rev().filter(|step| step.undo().is_some()) {
        put_back(&***step).await;
    }
    assert_holds(place, &before).await;
}

/// Trouble is classified, told without any secret, and over when it is over.
pub(super) async fn in_trouble(place: &dyn Place, trouble: Trouble, limits: &Limits<TargetLimit>) {
    let early = place.target();
    deploy(&*early, &first(&*early)).await;
    let desired = second(&*early);
    let plan = plan(&*early, &desired).await;
    let steps = prepare(&*early, &plan).await.expect("it can be prepared");
    let case = format!("a place that is {trouble:?}");
    if !limits.permit(TargetLimit::Requests, &case, place.trouble(trouble).is_ok()) {
        return;
    }
    let secrecy = Secrecy::new(place.credentials());
    let late = place.target();
    let error = late.observe().await.expect_err("the place is in trouble");
    trouble.check_read(&error);
    secrecy.check("an error", &error);
    secrecy.check("the target", &late);

    let mut failed = None;
    if !trouble.is_built_in() {
        let step = steps.first().expect("there is a lot to write");
        let error = step.execute().await.expect_err("the place is in trouble");
        secrecy.check("an error", &error);
        failed = Some((step, error.kind()));
    }
    place.mend();
    if let Some((step, kind)) = failed {
        let landed = step.landed().await.expect("it can be read");
        let unknown = [Kind::UnknownOutcome, Kind::Timeout].contains(&kind);
        assert!(unknown || landed == Landed::No, "{}: {kind:?} means that nothing was written", step.name());
    }
    deploy(&*early, &desired).await;
    assert_holds(place, &desired).await;
    if let Err(error) = late.close().await {
        secrecy.check("an error", &error);
    }
    early.close().await.expect("it can be closed");
}

/// Neither values nor credentials show.
pub(super) async fn secrecy(place: &dyn Place) {
    let secrecy = Secrecy::new(place.credentials());
    let target = place.target();
    let desired = second(&*target);
    let plan = plan(&*target, &desired).await;
    for step in prepare(&*target, &plan).await.expect("it can be prepared") {
        secrecy.check("the name of a step", &step.name());
        let done = step.execute().await.unwrap_or_else(|error| panic!("{}: {error:?}", step.name()));
        secrecy.check("what a step has to say", &done);
    }
    secrecy.check("the values of secrets", &values(&desired));
    secrecy.check("the plan", &plan);
    secrecy.check("what was observed", &target.observe().await.expect("it can be read"));
    secrecy.check("the target", &target);
    secrecy.check("its location", &target.location());
    assert!(!target.location().is_empty(), "a target can be named");
    target.close().await.expect("it can be closed");
}
