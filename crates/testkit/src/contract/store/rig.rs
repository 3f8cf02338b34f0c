//! The service of a suite.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::traits::SecretStore;

use crate::contract::checks::Support;
use crate::contract::trouble::Trouble;

/// A limit of a service or of its rig: cases that need it can't run.
///
/// A rig declares each one with its reason. The suite fails for a case that can't run without a declared limit, and for a declared
/// limit that doesn't exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StoreLimit {
    /// The store sends no requests, because its secrets are on this machine. Otherwise the rig must bring about every
    /// [`Trouble`](crate::contract::Trouble).
    Requests,
    /// The service has no access rules for single secrets.
    Denial,
    /// The service has no logins that can be counted.
    Logins,
    /// The store creates nothing that it must revoke.
    Revocation,
    /// The store doesn't list names.
    Names,
    /// The service can't keep an empty value.
    EmptyValue,
}

/// A service that stores secrets, as the suite uses it.
///
/// All names that the suite uses begin with `contract-` and consist of small letters, digits and `-`. One case has further
/// characters and capitals, and reads only secrets that the store accepts.
#[async_trait]
pub trait StoreRig: Send + Sync {
    /// A store as a run builds it. Each has its own login.
    fn store(&self) -> Arc<dyn SecretStore>;

    /// The limits of the service, each with its reason.
    fn limits(&self) -> Vec<(StoreLimit, &'static str)>;

    /// Writes secrets. The error is the reason why the service can't keep one of the values.
    async fn put(&self, secrets: &[(String, String)]) -> Support;

    /// Denies access to a secret.
    async fn deny(&self, name: &str) -> Support;

    /// Puts the service into trouble. A store that is built afterwards can be built for it, such as with a wrong credential.
    fn trouble(&self, trouble: Trouble) -> Support;

    /// Ends all trouble.
    fn mend(&self);

    /// The number of requests that the service got, logins included; `None` if the store sends none.
    fn requests(&self) -> Option<usize>;

    /// The number of successful logins; `None` if there are none to count.
    fn logins(&self) -> Option<usize>;

    /// The number of tokens and the like that stores created and didn't revoke; `None` if they create none.
    fn left_behind(&self) -> Option<usize>;

    /// The credentials that stores were given or created: they must appear nowhere.
    fn credentials(&self) -> Vec<String>;
}
