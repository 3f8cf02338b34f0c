//! Why a request has no answer.

use azure_core::error::ErrorKind;
use deployer_core::{Error, Kind};
use deployer_http::find_cause;

use super::refusal::Refusal;

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The vault answered, and refused.
    Refused(Refusal),
    /// The vault was not reached, or the login failed: our own words.
    Told(Error),
    /// The challenge of the vault names another service than the vault.
    Stranger,
    /// An answer of another shape than expected.
    Unreadable,
}

/// What an error of the SDK stands for. Its own words may hold parts of an answer and are never repeated.
pub(super) fn failure(error: azure_core::Error) -> Failure {
    if let Some(refusal) = find_cause::<Refusal>(&error) {
        return Failure::Refused(refusal.clone());
    }
    if let Some(told) = find_cause::<Error>(&error) {
        return Failure::Told(told.clone());
    }
    match error.kind() {
        ErrorKind::Credential => Failure::Told(
            Error::new(Kind::Unexpected, "log in to Azure").with_cause("the token cannot be read"),
        ),
        // The check of the challenge alone fails in this way: all addresses are https, and all else is ours.
        ErrorKind::Other => Failure::Stranger,
        _ => Failure::Unreadable,
    }
}
