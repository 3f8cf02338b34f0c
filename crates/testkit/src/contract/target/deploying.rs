//! Plans and deploys as the runner does.

use deployer_core::Result;
use deployer_core::model::{Desired, NodeName, NodePlan, Observed, SecretState};
use deployer_core::traits::{NodeTarget, Secrets, Step};
use deployer_engine::stages::{concerned_systems, diff};

use super::rig::Place;
use super::sample::values;

fn plan_from(target: &dyn NodeTarget, desired: Desired, observed: &Observed) -> NodePlan {
    diff(&NodeName::new("contract"), "test", None, &target.location(), desired, observed)
}

/// Observes and plans.
pub(super) async fn plan(target: &dyn NodeTarget, desired: &Desired) -> NodePlan {
    let mut observed = target.observe().await.expect("the place can be read");
    let systems = concerned_systems(desired, &observed);
    if target.capabilities().system_secrets && !systems.is_empty() {
        observed.system_secrets = target.system_secrets(&systems).await.expect("they can be listed");
        let asked: Vec<&String> = observed.system_secrets.keys().collect();
        assert!(asked.iter().all(|system| systems.contains(*system)), "only those asked about: {asked:?}");
        systems.into_iter().for_each(|system| {
            observed.system_secrets.entry(system).or_default();
        });
    }
    plan_from(target, desired.clone(), &observed)
}

/// The steps of a plan, with a value for each secret.
pub(super) async fn prepare(target: &dyn NodeTarget, plan: &NodePlan) -> Result<Vec<Box<dyn Step>>> {
    target.prepare(plan, &values(&plan.desired)).await
}

/// Observes, plans, prepares, executes, and reads what was written.
pub(super) async fn deploy(target: &dyn NodeTarget, desired: &Desired) {
    let plan = plan(target, desired).await;
    for step in prepare(target, &plan).await.expect("it can be prepared") {
        step.execute().await.unwrap_or_else(|error| panic!("{}: {error:?}", step.name()));
    }
    let written = target.observe_written(&plan).await.expect("what was written can be read");
    let left = plan_from(target, desired.clone(), &written);
    assert!(left.entities.is_empty() && left.variables.is_empty(), "it holds what was written: {left:?}");
    assert!(left.secrets.iter().all(|secret| secret.state != SecretState::New), "{:?}", left.secrets);
}

/// Fails unless the place holds what is desired, and planning again finds nothing to write but secrets.
pub(super) async fn assert_holds(place: &dyn Place, desired: &Desired) {
    for target in [place.target(), place.target()] {
        let writes = place.writes();
        let plan = plan(&*target, desired).await;
        let differences = (&plan.entities, &plan.variables, &plan.stray);
        assert!(plan.is_empty(), "planning right after deploying finds {differences:?}");
        assert!(plan.secrets.iter().all(|secret| secret.state != SecretState::New), "{:?}", plan.secrets);
        let without = plan.with_desired(desired.clone().with_secrets(None));
        let steps = target.prepare(&without, &Secrets::new()).await.expect("it can be prepared");
        let names: Vec<String> = steps.iter().map(|step| step.name()).collect();
        assert!(names.is_empty(), "there is nothing to write but secrets: {names:?}");
        assert_eq!(place.writes(), writes, "observing and preparing write nothing");
    }
}
