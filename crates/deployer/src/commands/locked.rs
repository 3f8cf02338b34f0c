//! The state folder of a command that writes: locks, fingerprints of secrets, snapshots, and what was deployed.

use std::path::{Path, PathBuf};

use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::model::{Plan, Receipt};
use deployer_engine::run::{Deployment, Planned};

use crate::cli::Deploy;
use crate::output::Output;
use crate::session::Session;
use crate::state::{self, Locks, State};

/// The state folder and the locks of a command that writes.
pub(super) struct Locked {
    pub(super) state: State,
    _locks: Locks,
}

/// Opens the state folder for writing, and locks the targets.
pub(super) fn lock(session: &Session<'_>, flag: Option<&Path>, deployment: &Deployment) -> Result<Locked> {
    let (state, warning) = State::open(session, flag)?;
    let (locks, mut notes) = state.lock(&state::targets(deployment))?;
    notes.extend(warning);
    session.output.notes(&notes);
    Ok(Locked { state, _locks: locks })
}

/// Opens the state folder for writing and locks the targets, unless it is a dry run.
pub(super) fn begin(
    session: &Session<'_>,
    arguments: &Deploy,
    deployment: &Deployment,
) -> Result<Option<Locked>> {
    if arguments.dry_run || session.settings.dry_run {
        return Ok(None);
    }
    lock(session, arguments.state.as_deref(), deployment).map(Some)
}

/// Recalls the fingerprints of secrets. Without an open state folder, its files are only read.
pub(super) fn recall(
    session: &Session<'_>,
    arguments: &Deploy,
    deployment: &mut Deployment,
    state: Option<&State>,
) -> Result<()> {
    let folder = match state {
        Some(state) => state.path().map(Path::to_owned),
        None => State::folder(session, arguments.state.as_deref()),
    };
    let targets = state::targets(deployment);
    deployment.remembered =
        state::remembered(session, folder.as_deref(), &targets, arguments.resend_secrets)?;
    Ok(())
}

/// Saves a snapshot if the nodes are about to change. Returns its path, if one was saved.
pub(super) fn keep(
    arguments: &Deploy,
    state: &State,
    planned: &Planned,
    output: &Output,
) -> Result<Option<PathBuf>> {
    if arguments.no_snapshot || planned.plan.is_empty() {
        return Ok(None);
    }
    let (path, warning) = state.keep(&planned.before, output)?;
    let remark = path.as_ref().filter(|_| !output.is_json());
    let remark = remark.map(|path| Note::remark(format!("snapshot saved in {}", path.display())));
    output.notes(&remark.into_iter().chain(warning).collect::<Vec<_>>());
    Ok(path)
}

/// Saves what was written, for `status`.
pub(super) fn remember(
    arguments: &Deploy,
    state: &State,
    plan: &Plan,
    receipt: &Receipt,
    output: &Output,
) -> Result<()> {
    if arguments.no_snapshot { Ok(()) } else { state.remember_deployed(plan, receipt, output) }
}
