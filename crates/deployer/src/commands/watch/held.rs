//! The plan that this process holds, where `approve` finds it.

use std::path::Path;

use deployer_core::Result;
use deployer_core::error::Note;

use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, Storage, approvals};

/// The plan that this process holds.
#[derive(Debug, Default)]
pub(super) struct HeldPlan {
    plan: Option<String>,
    /// Where it is saved.
    storage: Option<Storage>,
    is_saved: bool,
    /// Whether a failure to save it was reported.
    is_reported: bool,
}

impl HeldPlan {
    /// Saves the plan that is held now, and removes the one that no longer is. A failure is a warning, and tried again with the next call.
    pub(super) async fn update(&mut self, session: &Session<'_>, flag: Option<&Path>, plan: Option<&str>) {
        if self.plan.as_deref() != plan {
            if let (Some(storage), Some(plan)) = (&self.storage, &self.plan) {
                approvals::withdraw(storage, plan).await;
            }
            *self = Self { plan: plan.map(str::to_owned), ..Self::default() };
        }
        let Some(plan) = plan.filter(|_| !self.is_saved) else { return };
        match save(session, flag, plan).await {
            Ok(storage) => (self.storage, self.is_saved) = (storage, true),
            Err(error) if !self.is_reported => {
                let message = format!("the command `approve` cannot find the plan that is held: {error}");
                session.output.notes(&[Note::warning(message)]);
                self.is_reported = true;
            }
            Err(_) => {}
        }
    }

    /// The plan, if a person approved it.
    pub(super) async fn approval(&self, session: &Session<'_>) -> Option<String> {
        let (storage, plan) = (self.storage.as_ref()?, self.plan.as_ref()?);
        match approvals::take_approval(storage, plan).await {
            Ok(is_approved) => is_approved.then(|| plan.clone()),
            Err(error) => {
                session.output.notes(&[Note::warning(error.to_string())]);
                None
            }
        }
    }
}

/// Saves a plan. Returns where; `None` if there is no place for it.
async fn save(session: &Session<'_>, flag: Option<&Path>, plan: &str) -> Result<Option<Storage>> {
    let Built { state: place, .. } = session.built(Scope::State).await?;
    let storage = state::storage(session, flag, place.as_ref())?;
    if let Some(storage) = &storage {
        approvals::hold(session, storage, plan).await?;
    }
    Ok(storage)
}
