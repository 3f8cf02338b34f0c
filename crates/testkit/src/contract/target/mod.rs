//! The suite of [`NodeTarget`].

mod failing;
mod generated;
mod sample;
mod states;
mod steps;
mod systems;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::{Desired, NodeName, NodePlan, Observed, SecretState};
use deployer_core::traits::{NodeTarget, Secrets, Step};
use deployer_engine::stages::{concerned_systems, diff};

use super::trouble::Trouble;
use super::{Support, UNSUPPORTED};

/// Makes places to deploy to.
#[async_trait]
pub trait TargetRig: Send + Sync {
    /// A new place that holds no entity, no variable and no secret.
    async fn place(&self) -> Box<dyn Place>;
}

/// A node, or a repository that a node reads.
#[async_trait]
pub trait Place: Send + Sync {
    /// The target as a run builds it.
    fn target(&self) -> Arc<dyn NodeTarget>;

    /// How often something was written, or tried to be written, so far.
    fn writes(&self) -> usize;

    /// The global secrets that the place holds, with their values, where the rig can tell.
    fn secrets(&self) -> Option<Secrets> {
        None
    }

    /// The secrets that systems hold of their own, with their values, where the rig can tell.
    fn system_secrets(&self) -> Option<BTreeMap<String, Secrets>> {
        None
    }

    /// Somebody else writes now. The error says why the target cannot notice that.
    async fn intrude(&self) -> Support {
        UNSUPPORTED
    }

    /// Lets the next write be applied, and its answer be lost.
    fn lose_answer(&self) -> Support {
        UNSUPPORTED
    }

    /// Lets the next write be lost before it is applied.
    fn lose_request(&self) -> Support {
        UNSUPPORTED
    }

    /// Lets the place refuse the content of the next configuration.
    fn refuse(&self) -> Support {
        UNSUPPORTED
    }

    /// Lets the place be in trouble from now on; a target that is built then may count on it.
    fn trouble(&self, trouble: Trouble) -> Support;

    /// Ends all trouble.
    fn mend(&self);

    /// The credentials that the target was given; they must show nowhere.
    fn credentials(&self) -> Vec<String>;
}

/// Every case that a [`NodeTarget`] has to pass.
///
/// # Panics
/// When it does not pass.
pub async fn node_target_contract(rig: &dyn TargetRig) {
    states::an_empty_place(&*rig.place().await).await;
    states::every_change(&*rig.place().await).await;
    states::no_phantoms(&*rig.place().await).await;
    states::secrets_arrive(&*rig.place().await).await;
    systems::own_secrets_arrive(&*rig.place().await).await;
    systems::own_secrets_undone(&*rig.place().await).await;
    systems::own_secrets_lost(rig).await;
    systems::settles(&*rig.place().await).await;
    generated::any_configuration(&*rig.place().await).await;
    steps::undone(&*rig.place().await).await;
    steps::lost_answer(rig).await;
    steps::lost_request(rig).await;
    steps::somebody_was_first(&*rig.place().await).await;
    steps::a_stale_plan(&*rig.place().await).await;
    steps::dropped(&*rig.place().await).await;
    failing::refused(&*rig.place().await).await;
    for trouble in Trouble::ALL {
        failing::in_trouble(&*rig.place().await, trouble).await;
    }
    failing::secrecy(&*rig.place().await).await;
}

fn plan_from(target: &dyn NodeTarget, desired: Desired, observed: &Observed) -> NodePlan {
    diff(&NodeName::new("contract"), "test", None, &target.location(), desired, observed)
}

/// Observes and plans.
async fn plan(target: &dyn NodeTarget, desired: &Desired) -> NodePlan {
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
async fn prepare(target: &dyn NodeTarget, plan: &NodePlan) -> Result<Vec<Box<dyn Step>>> {
    target.prepare(plan, &sample::values(&plan.desired)).await
}

/// Observes, plans, prepares and executes.
async fn deploy(target: &dyn NodeTarget, desired: &Desired) {
    let plan = plan(target, desired).await;
    for step in prepare(target, &plan).await.expect("it can be prepared") {
        step.execute().await.unwrap_or_else(|error| panic!("{}: {error:?}", step.name()));
    }
}

/// Fails unless the place holds what is desired, and planning again finds nothing to write but secrets.
async fn assert_holds(place: &dyn Place, desired: &Desired) {
    for target in [place.target(), place.target()] {
        let writes = place.writes();
        let plan = plan(&*target, desired).await;
        let differences = (&plan.entities, &plan.variables, &plan.stray);
        assert!(plan.is_empty(), "planning right after deploying finds {differences:?}");
        assert!(plan.secrets.iter().all(|secret| secret.state != SecretState::New), "{:?}", plan.secrets);
        let without = NodePlan { desired: Desired { secrets: None, ..desired.clone() }, ..plan };
        let steps = target.prepare(&without, &Secrets::new()).await.expect("it can be prepared");
        let names: Vec<String> = steps.iter().map(|step| step.name()).collect();
        assert!(names.is_empty(), "there is nothing to write but secrets: {names:?}");
        assert_eq!(place.writes(), writes, "observing and preparing write nothing");
    }
}
