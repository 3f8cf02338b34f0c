//! The node or repository of a suite.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::traits::{NodeTarget, Secrets};

use crate::contract::checks::{Support, UNSUPPORTED};
use crate::contract::trouble::Trouble;

/// A limit of a target or of its rig: the cases that need it can't run. A rig declares each one with its reason. The suite fails for a
/// case that can't run without a declared limit, and for a declared limit that doesn't exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TargetLimit {
    /// The target sends no requests, because the place is on this machine. Otherwise the rig must lose requests and answers, and bring
    /// about every [`Trouble`].
    Requests,
    /// The first step can't be undone.
    Undo,
}

/// Makes places to deploy to.
#[async_trait]
pub trait TargetRig: Send + Sync {
    /// The limits of the places, each with its reason.
    fn limits(&self) -> Vec<(TargetLimit, &'static str)>;

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

    /// The global secrets that the place holds, with their values. The rig of a target that keeps secrets must return them.
    fn secrets(&self) -> Option<Secrets> {
        None
    }

    /// The secrets that systems hold of their own, with their values. The rig of a target that keeps them must return them.
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
