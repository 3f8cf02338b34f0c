//! The epoch of a lease as the fence of what is written under it.

use deployer_core::{Error, Kind, Result};
use serde::Deserialize;

/// The members of an object that decide whether it can be replaced.
#[derive(Deserialize)]
struct Fence {
    #[serde(default)]
    epoch: Option<u64>,
}

/// Refuses to replace what a run with a later epoch wrote.
///
/// # Errors
/// `Refused` for a later epoch; `Unexpected` if the content has none that can be read.
pub(super) fn require_earlier(name: &str, location: &str, content: &[u8], epoch: Option<u64>) -> Result<()> {
    let Some(ours) = epoch else { return Ok(()) };
    let fence: Fence =
        serde_json::from_slice(content).map_err(|error| invalid(name, location, &error.to_string()))?;
    match fence.epoch {
        Some(theirs) if theirs > ours => {
            let message = format!("{name} in {location} is not written");
            let cause = format!("a later run wrote it (epoch {theirs}, this run has epoch {ours})");
            Err(Error::new(Kind::Refused, message).with_cause(cause))
        }
        _ => Ok(()),
    }
}

/// The error for an object that cannot be read.
pub(super) fn invalid(name: &str, location: &str, cause: &str) -> Error {
    Error::new(Kind::Unexpected, format!("{name} in {location}: invalid object"))
        .with_cause(cause)
        .with_hint("delete the object: the next deploy writes it again")
}
