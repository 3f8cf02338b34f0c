//! The suite of [`NodeTarget`](deployer_core::traits::NodeTarget).

mod deploying;
mod failing;
mod generated;
mod rig;
mod sample;
mod states;
mod steps;
mod systems;

pub use self::rig::{Place, TargetLimit, TargetRig};

use super::limits::Limits;
use super::trouble::Trouble;

/// Every case that a [`NodeTarget`](deployer_core::traits::NodeTarget) must pass.
///
/// # Panics
/// When it does not pass.
pub async fn node_target_contract(rig: &dyn TargetRig) {
    let limits = &Limits::new(rig.limits());
    states::an_empty_place(&*rig.place().await).await;
    states::every_change(&*rig.place().await).await;
    states::no_phantoms(&*rig.place().await).await;
    states::secrets_arrive(&*rig.place().await).await;
    systems::own_secrets_arrive(&*rig.place().await).await;
    systems::own_secrets_undone(&*rig.place().await).await;
    systems::own_secrets_lost(rig, limits).await;
    systems::settles(&*rig.place().await).await;
    generated::any_configuration(&*rig.place().await).await;
    steps::undone(&*rig.place().await, limits).await;
    steps::lost_answer(rig, limits).await;
    steps::lost_request(rig, limits).await;
    steps::somebody_was_first(&*rig.place().await).await;
    steps::a_stale_plan(&*rig.place().await).await;
    steps::dropped(&*rig.place().await).await;
    failing::refused(&*rig.place().await).await;
    for trouble in Trouble::ALL {
        failing::in_trouble(&*rig.place().await, trouble, limits).await;
    }
    failing::secrecy(&*rig.place().await).await;
}
