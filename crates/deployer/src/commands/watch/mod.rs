//! `watch`: keeps the nodes as the configuration says.

mod common;
mod deploy;
mod fleet;
mod hangup;
mod held;
mod member;
mod notices;
mod revision;
mod server;
mod sharing;
mod watcher;

use deployer_core::{Error, Kind, Result};
use tokio_util::sync::CancellationToken;

pub(crate) use self::fleet::run;
use crate::cli::{Approve, Global};
use crate::exit::Exit;
use crate::output::Output;
use crate::session::{Opener, Scope};
use crate::settings::Built;
use crate::state::{self, approvals};

/// Does nothing until the process is asked to end: a container that ends would be started again and again.
pub(crate) async fn idle(cancel: &CancellationToken, output: &Output) -> Exit {
    output.message(
        "`off` is true: nothing is deployed. To deploy, remove the variable and start the process again.",
    );
    cancel.cancelled().await;
    Exit::Done
}

/// Approves a plan that a process with the same state holds, on this machine or another one.
pub(crate) async fn approve(
    opener: &Opener<'_>,
    global: &Global,
    arguments: &Approve,
    output: &Output,
) -> Result<Exit> {
    let mut session = opener.open(global, output)?;
    let options = fleet::member(global, &session, arguments.deployment.as_deref())?;
    if arguments.deployment.is_some() {
        session = opener.open(&options, output)?;
    }
    let session = &session;
    let Built { state: place, .. } = session.built(Scope::State).await?;
    let storage = state::storage(session, arguments.state.as_deref(), place.as_ref())?.ok_or_else(|| {
        Error::new(Kind::Settings, "there is no state folder to save the approval in")
            .with_hint("name the one of the watching process: --state DIR")
            .with_hint("or send the plan to `POST /approve` of the process")
    })?;
    let held = approvals::approve(session, &storage, &arguments.plan).await?;
    let message = format!(
        "Approved plan {}, which {} holds for {}. The process deploys it if it still holds it.\n",
        held.plan, held.by, held.environment
    );
    session.output.result(&message);
    Ok(Exit::Done)
}
