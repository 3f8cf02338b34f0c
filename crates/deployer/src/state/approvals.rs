//! The plans that watching processes hold, and approvals of them. Both are with the state, so that a person on another machine can approve.

use deployer_core::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

use super::holder::holder;
use super::names::is_simple;
use super::storage::Storage;
use crate::session::Session;

/// The version of the files' shape.
const FORMAT: u32 = 1;

const HELD: &str = "held-";
const APPROVED: &str = "approved-";

/// A plan that is held, or its approval.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PlanNote {
    format: u32,
    /// The name of the plan: a digest of it.
    pub(crate) plan: String,
    pub(crate) environment: String,
    /// Who holds or approved it.
    pub(crate) by: String,
}

impl PlanNote {
    fn new(session: &Session<'_>, plan: &str) -> Self {
        let environment = session.settings.environment.clone();
        Self { format: FORMAT, plan: plan.to_owned(), environment, by: holder(session, "watch").name }
    }

    async fn write(&self, storage: &Storage, start: &str) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers can be written");
        storage.write(&name(start, &self.plan), &(text + "\n"), None).await
    }
}

/// Saves that this process holds a plan.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn hold(session: &Session<'_>, storage: &Storage, plan: &str) -> Result<()> {
    PlanNote::new(session, plan).write(storage, HELD).await
}

/// Removes the note that a plan is held.
pub(crate) async fn withdraw(storage: &Storage, plan: &str) {
    storage.remove(&name(HELD, plan)).await;
}

/// Whether a person approved a plan. An approval is used once.
///
/// # Errors
/// When it cannot be read or removed.
pub(crate) async fn take_approval(storage: &Storage, plan: &str) -> Result<bool> {
    let name = name(APPROVED, plan);
    let is_approved = read(storage, &name).await?.is_some_and(|approval| approval.plan == plan);
    if is_approved {
        storage.remove(&name).await;
        if storage.read(&name).await?.is_some() {
            let message = format!("the approval of plan {plan} is not used, because it cannot be removed");
            return Err(Error::new(Kind::Denied, message)
                .with_hint(format!("grant the right to delete objects in {}", storage.location())));
        }
    }
    Ok(is_approved)
}

/// Approves a plan. Returns what its process wrote about it.
///
/// # Errors
/// `Refused` if no process holds it; when the state cannot be read or written.
pub(crate) async fn approve(session: &Session<'_>, storage: &Storage, plan: &str) -> Result<PlanNote> {
    let (attempted, name) = ("read which plans are held", name(HELD, plan));
    let held = match is_simple(plan) {
        true => session.runner.read(attempted, || read(storage, &name)).await?,
        false => None,
    };
    let Some(held) = held else {
        let all = session.runner.read(attempted, || storage.list(HELD)).await?;
        let all: Vec<&str> =
            all.iter().filter_map(|name| name.strip_prefix(HELD)?.strip_suffix(".json")).collect();
        let message = format!("no watching process holds plan {plan}");
        let error = Error::new(Kind::Refused, message)
            .with_cause(format!("{} has no note of it", storage.location()));
        return Err(match all.is_empty() {
            true => error.with_hint("see the status page of the process"),
            false => error.with_hint(format!("these plans are held: {}", all.join(", "))),
        });
    };
    PlanNote::new(session, plan).write(storage, APPROVED).await?;
    Ok(held)
}

async fn read(storage: &Storage, name: &str) -> Result<Option<PlanNote>> {
    let Some(text) = storage.read(name).await? else { return Ok(None) };
    let invalid = |cause: String| {
        Error::new(Kind::Unexpected, format!("{name} in {}: invalid object", storage.location()))
            .with_cause(cause)
            .with_hint("delete it: the watching process writes it again")
    };
    let note: PlanNote = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
    match note.format {
        FORMAT => Ok(Some(note)),
        other => Err(invalid(format!("its format is {other}, expected {FORMAT}"))),
    }
}

fn name(start: &str, plan: &str) -> String {
    format!("{start}{plan}.json")
}
