//! The place for state that the settings name.

use std::sync::Arc;

use deployer_core::traits::{LeasePlace, StatePlace};

/// A place that machines share.
#[derive(Debug, Clone)]
pub enum SharedPlace {
    /// It has all state.
    State(Arc<dyn StatePlace>),
    /// It has the leases. All other state is in the folder that an option or a variable names.
    Leases(Arc<dyn LeasePlace>),
}

impl SharedPlace {
    /// Where the leases are, and the record of the replicas that share deployments.
    pub fn leases(&self) -> Arc<dyn LeasePlace> {
        match self {
            Self::State(place) => Arc::<dyn StatePlace>::clone(place),
            Self::Leases(place) => Arc::clone(place),
        }
    }
}
