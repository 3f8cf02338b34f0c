//! `watch`: keeps the nodes as the configuration says.

mod deploy;
mod held;
mod notices;
mod revision;
mod server;
mod watcher;

use std::time::Duration;

use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use tokio_util::sync::CancellationToken;

use self::revision::Looker;
use self::watcher::Watcher;
use crate::cli::{Approve, Watch};
use crate::exit::Exit;
use crate::output::Output;
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, approvals};
use crate::watching::Board;

/// How often an approval is looked for.
const APPROVAL_CHECK: Duration = Duration::from_secs(5);

/// Watches until the process is asked to end. `open` reads the settings.
pub(crate) async fn run<'s>(open: &dyn Fn() -> Result<Session<'s>>, arguments: &Watch) -> Result<Exit> {
    let session = open()?;
    session.settings.allow_writing()?;
    if session.settings.dry_run {
        return Err(Error::new(Kind::Refused, "`watch` writes to nodes, and DRY_RUN is set to true")
            .with_hint("unset DRY_RUN, or compare the nodes with `status`"));
    }
    let looker = open_source(&session, arguments).await?;
    let board = Board::default();
    let address = server::start(&session, &board).await?;
    session.output.message(&format!(
        "Watching {} for {}. Status at http://{address}/",
        looker.location(),
        session.settings.environment
    ));
    let mut watcher = Watcher::new(session, looker, arguments, &board);
    let mut hangup = Hangup::new()?;
    loop {
        let wait = watcher.round().await?;
        tokio::select! {
            biased;
            () = watcher.session.context.cancel.cancelled() => return Err(Runner::interrupted()),
            () = board.wake.notified() => {}
            () = hangup.received() => {
                let opened = match open() {
                    Ok(session) => open_source(&session, arguments).await.map(|looker| (session, looker)),
                    Err(error) => Err(error),
                };
                match opened {
                    Ok((session, looker)) => {
                        session.output.message("The settings were read again.");
                        watcher = Watcher::new(session, looker, arguments, &board);
                    }
                    Err(error) => {
                        watcher.session.output.failure(&error.with_hint("the previous settings stay in use"));
                    }
                }
            }
            () = tokio::time::sleep(wait.min(APPROVAL_CHECK)) => {}
        }
    }
}

/// Does nothing until the process is asked to end: a container that ends would be started again and again.
pub(crate) async fn idle(cancel: &CancellationToken, output: &Output) -> Exit {
    output.message(
        "`off` is true: nothing is deployed. To deploy, remove the variable and start the process again.",
    );
    cancel.cancelled().await;
    Exit::Done
}

async fn open_source(session: &Session<'_>, arguments: &Watch) -> Result<Looker> {
    let state = state::folder(session, arguments.state.as_deref());
    Looker::new(session, state.as_deref()).await
}

/// Approves a plan that a process with the same state holds, on this machine or another one.
pub(crate) async fn approve(session: &Session<'_>, arguments: &Approve) -> Result<Exit> {
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

/// SIGHUP, which asks to read the settings again.
struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangup {
    #[cfg(unix)]
    fn new() -> Result<Self> {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        signal.map(Self).map_err(|error| Error::new(Kind::Io, "watch for SIGHUP").with_cause(error))
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self> {
        Ok(Self())
    }

    async fn received(&mut self) {
        #[cfg(unix)]
        self.0.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
