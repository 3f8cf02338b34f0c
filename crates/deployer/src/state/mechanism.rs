//! How targets are locked.

use std::path::PathBuf;
use std::sync::Arc;

use deployer_core::traits::LeasePlace;

/// How targets are locked.
#[derive(Debug, Clone)]
pub(crate) enum Mechanism {
    /// By locked files in a folder of this machine.
    Files(PathBuf),
    /// By leases in a place that machines share.
    Leases(Arc<dyn LeasePlace>),
}

impl Mechanism {
    /// Where the locks are, for messages.
    pub(crate) fn location(&self) -> String {
        match self {
            Self::Files(folder) => folder.display().to_string(),
            Self::Leases(place) => place.location(),
        }
    }
}
