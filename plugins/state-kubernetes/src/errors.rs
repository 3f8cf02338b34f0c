//! Kubernetes' refusals, and answers that are no Lease of ours.

use deployer_core::{Error, Kind};
use deployer_http::{Effect, Response};
use deployer_kubernetes::{Namespace, Refusal};

/// A refused request. `verb` is the permission that it needs.
pub(crate) fn refused(
    attempted: &str,
    verb: &str,
    namespace: &Namespace,
    response: &Response,
    refusal: &Refusal,
) -> Error {
    let effect = if verb == "get" { Effect::Read } else { Effect::Write };
    let error = refusal.error(attempted, response, effect);
    if !refusal.is_about_permission() {
        return error;
    }
    error.with_hint(format!(
        "grant the verb `{verb}` on leases: kubectl --namespace {} create role sesam-deployer \
         --verb=get,create,update --resource=leases.coordination.k8s.io",
        namespace.name()
    ))
}

/// An answer that is no Lease. After a write, its outcome is unknown.
pub(crate) fn unreadable(attempted: &str, effect: Effect, cause: &str) -> Error {
    let kind = match effect {
        Effect::Read => Kind::Unexpected,
        Effect::Write => Kind::UnknownOutcome,
    };
    Error::new(kind, attempted)
        .with_cause(cause)
        .with_hint("check the address of the API server, and whether a proxy answers instead")
}
