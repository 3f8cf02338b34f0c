//! One deployment of a watching process: its settings, its watch, and whether this replica serves it.

use std::path::Path;
use std::time::Duration;

use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use deployer_watch::{Rules, State};
use tokio::sync::watch;
use tokio::time::Instant;

use super::common::Common;
use super::notices::full;
use super::revision::Looker;
use super::sharing::Serves;
use super::watcher::Watcher;
use crate::cli::{Global, Watch};
use crate::output::Output;
use crate::session::{Scope, Session};
use crate::settings::DeploymentSection;
use crate::state;
use crate::watching::Board;

/// How often the file of an approval is looked for.
const APPROVAL_CHECK: Duration = Duration::from_secs(5);

/// The options of a deployment of a fleet file in `folder`.
pub(super) fn options(global: &Global, folder: &Path, section: &DeploymentSection) -> Global {
    Global {
        settings: Some(folder.join(&section.settings)),
        environment: section.environment.clone(),
        source: section.source.as_ref().map(|source| folder.join(source)),
        ..global.clone()
    }
}

/// Checks that the settings can be used to watch, and finds the source.
///
/// # Errors
/// `Refused` for a dry run; otherwise as for a deploy.
pub(super) async fn prepare(session: &Session<'_>, arguments: &Watch) -> Result<Looker> {
    session.settings.allow_writing()?;
    if session.settings.dry_run {
        return Err(Error::new(Kind::Refused, "`watch` writes to nodes, and DRY_RUN is set to true")
            .with_hint("unset DRY_RUN, or compare the nodes with `status`"));
    }
    let state = state::folder(session, arguments.state.as_deref());
    Looker::new(session, state.as_deref()).await
}

/// Watches a deployment until the process is asked to end, or the deployment is removed from the fleet file. `settings` has its options, and
/// a new value for each SIGHUP. `first` has its settings, if they were read already: then an error ends the process.
///
/// # Errors
/// `Interrupted`; for a deployment that is alone also an error that ends its watch.
pub(super) async fn serve(
    common: &Common<'_>,
    name: &str,
    mut settings: watch::Receiver<Option<Global>>,
    first: Option<(Session<'_>, Looker)>,
) -> Result<()> {
    let labelled;
    let output = if name.is_empty() {
        common.output
    } else {
        labelled = common.output.labelled(name);
        &labelled
    };
    let Some(board) = common.boards.get(name) else { return Ok(()) };
    let cancel = &common.opener.process.cancel;
    let mut watcher =
        first.map(|(session, looker)| Watcher::new(common, name, session, looker, &board, None));
    let mut broken = Broken { tries: 0, again: Instant::now() };
    loop {
        if watcher.is_none()
            && (Instant::now() >= broken.again || std::mem::take(&mut board.lock().is_triggered))
        {
            let options = settings.borrow_and_update().clone();
            let Some(options) = options else { return Ok(()) };
            match open(common, name, &options, output).await {
                Ok((session, looker)) => {
                    broken.tries = 0;
                    watcher = Some(Watcher::new(common, name, session, looker, &board, None));
                }
                Err(error) => broken.show(&error, &board, output),
            }
            if let Some(sharing) = &common.sharing {
                sharing.can_serve(name, watcher.is_some());
            }
        }
        let serves = common.sharing.as_ref().map_or(Serves::This, |sharing| sharing.serves(name));
        let mut has_ended = false;
        let wait = match (&mut watcher, serves) {
            (None, _) => broken.again.saturating_duration_since(Instant::now()),
            (Some(watcher), Serves::This) => match watcher.round().await {
                Ok(wait) => wait.min(APPROVAL_CHECK),
                Err(error) if error.kind() == Kind::Interrupted || name.is_empty() => return Err(error),
                Err(error) => {
                    broken.show(&error, &board, output);
                    has_ended = true;
                    Duration::ZERO
                }
            },
            (Some(watcher), serves) => {
                if serves == Serves::Another {
                    watcher.rest().await;
                }
                let has_wishes = board.lock().has_wishes();
                if let Some(sharing) = common.sharing.as_ref().filter(|_| has_wishes) {
                    sharing.pass_on();
                }
                Duration::MAX
            }
        };
        if has_ended {
            watcher = None;
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Runner::interrupted()),
            changed = settings.changed() => {
                let options = settings.borrow_and_update().clone();
                let Some(options) = options.filter(|_| changed.is_ok()) else { return Ok(()) };
                match (open(common, name, &options, output).await, &watcher) {
                    (Ok((session, looker)), _) => {
                        output.message("The settings were read again.");
                        broken.tries = 0;
                        let told = watcher.take().and_then(Watcher::told);
                        watcher = Some(Watcher::new(common, name, session, looker, &board, told));
                    }
                    (Err(error), Some(_)) => {
                        output.failure(&error.with_hint("the previous settings stay in use"));
                    }
                    (Err(error), None) => broken.show(&error, &board, output),
                }
                if let Some(sharing) = &common.sharing {
                    sharing.can_serve(name, watcher.is_some());
                }
            }
            () = board.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Reads the settings of a deployment.
async fn open<'w>(
    common: &'w Common<'_>,
    name: &str,
    options: &Global,
    output: &'w Output,
) -> Result<(Session<'w>, Looker)> {
    let session = common.opener.open(options, output)?;
    if let Some(error) = session.settings.not_one() {
        return Err(error);
    }
    let looker = prepare(&session, common.arguments).await?;
    if common.sharing.is_some() && !name.is_empty() && session.built(Scope::State).await?.state.is_none() {
        let message =
            format!("{}: no place for the leases of its nodes", session.settings.text().place(0).file);
        return Err(Error::new(Kind::Settings, message)
            .with_cause(
                "several processes share the deployments of this fleet, so that two could write to one node",
            )
            .with_hint("add a table [state] with a `kind` to it, as in the fleet file"));
    }
    Ok((session, looker))
}

/// Settings that cannot be used.
struct Broken {
    /// How often they were read in vain.
    tries: u32,
    /// When they are read again.
    again: Instant,
}

impl Broken {
    /// Shows why, and says once per cause when they are read again.
    fn show(&mut self, error: &Error, board: &Board, output: &Output) {
        self.tries = self.tries.saturating_add(1);
        let pause = Rules::default().backoff(self.tries);
        let now = Instant::now();
        self.again = now.checked_add(pause).unwrap_or(now);
        let why = output.mask(&full(error)).0;
        let mut content = board.lock();
        if content.why.as_ref() != Some(&why) {
            output.failure(&error.clone().with_hint("the other deployments go on; the settings are read again after a while, at SIGHUP, and at a trigger"));
        }
        content.show(State::Failed { tries: self.tries, again: Some(pause) });
        content.why = Some(why);
        content.is_settled = true;
    }
}
