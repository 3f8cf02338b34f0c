//! The contract of plugins: one suite of cases per trait.
//!
//! A plugin's test implements the rig of its family (how to fill the service, how to build the plugin, how to make the service
//! fail) and calls the suite. Cases are chosen by the capabilities of the plugin and of the rig; a case that does not run prints
//! `not applicable: <case>: <reason>`. The fakes of [`crate::fakes`] pass the suites first.

mod breakable;
mod checks;
mod data;
mod limits;
mod notifier;
mod source;
mod state;
mod store;
mod target;
mod trouble;

pub use breakable::Breakable;
pub use checks::{Support, UNSUPPORTED, canary};
pub use data::{DataRig, node_data_contract};
pub use notifier::{NotifierLimit, NotifierRig, Received, notifier_contract};
pub use source::{SourceLimit, SourceRig, config_source_contract};
pub use state::{
    LeasePlaceRig, Races, StatePlaceLimit, StatePlaceRig, lease_place_contract, state_place_contract,
};
pub use store::{StoreLimit, StoreRig, secret_store_contract};
pub use target::{Place, TargetLimit, TargetRig, node_target_contract};
pub use trouble::Trouble;
