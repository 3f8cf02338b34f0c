//! The service of a suite.

use std::sync::Arc;

use deployer_core::traits::{LeasePlace, StatePlace};

use crate::contract::checks::{Support, UNSUPPORTED};
use crate::contract::trouble::Trouble;

/// How many races a suite runs.
#[derive(Debug, Clone, Copy)]
pub struct Races {
    /// Writers with a place of their own.
    pub writers: usize,
    /// How often all writers create one object at once.
    pub rounds: usize,
    /// How often each writer adds 1 to a number.
    pub additions: usize,
    /// How often all writers try to acquire one lease at once.
    pub leases: usize,
}

impl Default for Races {
    fn default() -> Self {
        Self { writers: 12, rounds: 20, additions: 10, leases: 20 }
    }
}

/// A limit of a service or of its rig: the case that needs it can't run. A rig declares each one with its reason. The suite fails for a
/// case that can't run without a declared limit, and for a declared limit that doesn't exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatePlaceLimit {
    /// The service has no such trouble, or nobody can see it.
    Trouble(Trouble),
    /// An answer cannot be lost after a write was carried out.
    LostAnswers,
    /// A list has no pages, or a page is too large to fill in a test.
    Pages,
}

/// A service that stores objects, as the suite uses it. It is empty, or all names in it differ from those of the suite, which begin with
/// `contract-`.
pub trait StatePlaceRig: Send + Sync {
    /// A place as a run builds it, with connections of its own. All places of a rig have the same objects.
    fn place(&self) -> Arc<dyn StatePlace>;

    /// The limits of the service, each with its reason.
    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)>;

    /// How many names a page of a list has; `None` for [`StatePlaceLimit::Pages`].
    fn page(&self) -> Option<usize>;

    /// How many races are run.
    fn races(&self) -> Races {
        Races::default()
    }

    /// The number of requests that the service got; `None` if a place sends none.
    fn requests(&self) -> Option<usize>;

    /// Puts the service into trouble. A place that is built afterwards can be built for it, such as with a wrong credential.
    fn trouble(&self, trouble: Trouble) -> Support;

    /// Lets the next write be stored and its answer be lost.
    fn lose_answer(&self) -> Support {
        UNSUPPORTED
    }

    /// Ends all trouble.
    fn mend(&self);

    /// The credentials that places were given: they must appear nowhere.
    fn credentials(&self) -> Vec<String>;
}

/// A service that stores leases, as the suite uses it. It is empty, or all names in it differ from those of the suite, which begin with
/// `contract-`.
pub trait LeasePlaceRig: Send + Sync {
    /// As [`StatePlaceRig::place`].
    fn place(&self) -> Arc<dyn LeasePlace>;

    /// As [`StatePlaceRig::limits`].
    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)>;

    /// As [`StatePlaceRig::races`].
    fn races(&self) -> Races {
        Races::default()
    }

    /// As [`StatePlaceRig::requests`].
    fn requests(&self) -> Option<usize>;

    /// As [`StatePlaceRig::trouble`].
    fn trouble(&self, trouble: Trouble) -> Support;

    /// As [`StatePlaceRig::lose_answer`].
    fn lose_answer(&self) -> Support {
        UNSUPPORTED
    }

    /// As [`StatePlaceRig::mend`].
    fn mend(&self);

    /// As [`StatePlaceRig::credentials`].
    fn credentials(&self) -> Vec<String>;
}

/// The leases of a place for all state.
pub(super) struct LeasesOf<'a>(pub(super) &'a dyn StatePlaceRig);

impl LeasePlaceRig for LeasesOf<'_> {
    fn place(&self) -> Arc<dyn LeasePlace> {
        self.0.place()
    }

    fn limits(&self) -> Vec<(StatePlaceLimit, &'static str)> {
        self.0.limits()
    }

    fn races(&self) -> Races {
        self.0.races()
    }

    fn requests(&self) -> Option<usize> {
        self.0.requests()
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        self.0.trouble(trouble)
    }

    fn lose_answer(&self) -> Support {
        self.0.lose_answer()
    }

    fn mend(&self) {
        self.0.mend();
    }

    fn credentials(&self) -> Vec<String> {
        self.0.credentials()
    }
}
