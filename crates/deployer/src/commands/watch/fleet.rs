//! All deployments of a watching process: one from its settings, or those of a fleet file.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tracing::Instrument;

use super::common::Common;
use super::hangup::Hangup;
use super::member::{options, prepare, serve};
use super::server;
use super::sharing::Sharing;
use crate::cli::{Global, Watch};
use crate::exit::Exit;
use crate::output::{Output, count, span};
use crate::session::{Opener, Session};
use crate::settings::Settings;
use crate::watching::Boards;

/// The options of each deployment by its name. One that is alone has an empty name.
type Members = BTreeMap<String, Global>;

/// Watches until the process is asked to end.
///
/// # Errors
/// `Interrupted` at the end; `Settings` if the settings cannot be used, except those of a deployment of a fleet.
pub(crate) async fn run(
    opener: &Opener<'_>,
    global: &Global,
    arguments: &Watch,
    output: &Output,
) -> Result<Exit> {
    let session = opener.open(global, output)?;
    let listed = members(global, &session.settings)?;
    let is_fleet = !listed.contains_key("");
    let looker = if is_fleet { None } else { Some(prepare(&session, arguments).await?) };
    let boards = Boards::default();
    let names: BTreeSet<String> = listed.keys().cloned().collect();
    let sharing = Sharing::new(&session, names).await?;
    let address = server::start(&session, &boards).await?;
    let watched = match &looker {
        Some(looker) => format!("{} for {}", looker.location(), session.settings.environment),
        None => count(listed.len(), "deployment"),
    };
    output.message(&format!("Watching {watched}. Status at http://{address}/"));
    let at_once = usize::try_from(session.settings.keys.watch.at_once.get()).unwrap_or(usize::MAX);
    let at_once = at_once.min(tokio::sync::Semaphore::MAX_PERMITS);
    let common = Common::new(opener, arguments, output, boards, sharing, at_once);
    let mut fleet = Fleet { common: &common, senders: BTreeMap::new(), serving: FuturesUnordered::new() };
    match looker {
        Some(looker) => fleet.add(String::new(), global.clone(), Some((session, looker))),
        None => fleet.update(listed),
    }
    let ended = fleet.serve(global, is_fleet).await;
    if let Some(sharing) = &common.sharing {
        sharing.leave().await;
    }
    Err(ended)
}

/// The deployments of settings.
fn members(global: &Global, settings: &Settings) -> Result<Members> {
    if settings.deployments().is_empty() {
        return Ok(BTreeMap::from([(String::new(), global.clone())]));
    }
    let single = [
        ("--environment", global.environment.is_some()),
        ("--node", global.node.is_some()),
        ("--source", global.source.is_some()),
    ];
    if let Some((option, _)) = single.into_iter().find(|(_, is_set)| *is_set) {
        let message = format!("{option} cannot be used with a settings file that lists deployments");
        return Err(Error::new(Kind::Settings, message)
            .with_hint("set it in [watch.deployments.<name>], or in the settings file of the deployment"));
    }
    let folder = settings.folder();
    let of = |(name, section)| (String::clone(name), options(global, &folder, section));
    Ok(settings.deployments().iter().map(of).collect())
}

/// The options of one deployment of a fleet file, by its name.
///
/// # Errors
/// `Settings` if the file lists no deployment of this name, or no name is given.
pub(super) fn member(global: &Global, session: &Session<'_>, name: Option<&str>) -> Result<Global> {
    let mut listed = members(global, &session.settings)?;
    let known = listed.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if listed.contains_key("") {
        return match name {
            None => Ok(global.clone()),
            Some(_) => Err(Error::new(Kind::Settings, "--deployment: the settings list no deployments")
                .with_hint("leave it out, or name the fleet file: --settings FILE")),
        };
    }
    let Some(name) = name else {
        return Err(Error::new(Kind::Settings, format!("the settings list deployments: {known}"))
            .with_hint("name the one that holds the plan: --deployment NAME"));
    };
    listed.remove(name).ok_or_else(|| {
        Error::new(Kind::Settings, format!("--deployment: unknown deployment `{name}`; expected {known}"))
    })
}

/// The deployments that are being watched.
struct Fleet<'c> {
    common: &'c Common<'c>,
    /// Each takes new options, or none to end.
    senders: BTreeMap<String, watch::Sender<Option<Global>>>,
    serving: FuturesUnordered<LocalBoxFuture<'c, Result<()>>>,
}

impl<'c> Fleet<'c> {
    fn add(&mut self, name: String, options: Global, first: Option<(Session<'c>, super::revision::Looker)>) {
        let (sender, receiver) = watch::channel(Some(options));
        self.common.boards.add(&name);
        self.senders.insert(name.clone(), sender);
        let common = self.common;
        let span = span(&name);
        let serving = async move { serve(common, &name, receiver, first).await };
        self.serving.push(Box::pin(serving.instrument(span)));
    }

    /// Takes the deployments of the fleet file. Those that stay read their settings again.
    fn update(&mut self, listed: Members) {
        let removed: Vec<String> =
            self.senders.keys().filter(|name| !listed.contains_key(*name)).cloned().collect();
        for name in removed {
            self.common.output.message(&format!("Deployment {name} is no longer watched."));
            if let Some(sender) = self.senders.remove(&name) {
                sender.send_replace(None);
            }
            if let Some(sharing) = &self.common.sharing {
                sharing.can_serve(&name, false);
            }
            self.common.boards.remove(&name);
        }
        for (name, options) in listed {
            match self.senders.get(&name) {
                Some(sender) => drop(sender.send_replace(Some(options))),
                None => {
                    if let Some(sharing) = &self.common.sharing {
                        sharing.can_serve(&name, true);
                    }
                    self.add(name, options, None);
                }
            }
        }
    }

    /// Serves the deployments until all have ended, each after its last write. Returns why.
    async fn serve(mut self, global: &Global, is_fleet: bool) -> Error {
        let Common { sharing, boards, output, .. } = self.common;
        let mut signs = pin!(async {
            match sharing {
                Some(sharing) => sharing.run(boards, output).await,
                None => std::future::pending().await,
            }
        });
        let mut hangup = match Hangup::new() {
            Ok(hangup) => hangup,
            Err(error) => return error,
        };
        let mut failure = None;
        loop {
            tokio::select! {
                ended = self.serving.next() => match ended {
                    Some(Ok(())) => {}
                    Some(Err(error)) => drop(failure.get_or_insert(error)),
                    None => return failure.unwrap_or_else(Runner::interrupted),
                },
                () = &mut signs => {}
                () = hangup.received() => self.read_again(global, is_fleet),
            }
        }
    }

    /// Reads the fleet file again. One that is broken leaves the deployments as they are; each reads its own settings again.
    fn read_again(&mut self, global: &Global, is_fleet: bool) {
        let same = || {
            self.senders.iter().filter_map(|(name, sender)| Some((name.clone(), sender.borrow().clone()?)))
        };
        let listed = if is_fleet { self.listed(global) } else { Ok(same().collect()) };
        let listed = listed.unwrap_or_else(|error| {
            self.common.output.failure(&error.with_hint("the previous list of deployments stays in use"));
            same().collect()
        });
        self.update(listed);
    }

    fn listed(&self, global: &Global) -> Result<Members> {
        let session = self.common.opener.open(global, self.common.output)?;
        let listed = members(global, &session.settings)?;
        if listed.contains_key("") {
            return Err(Error::new(Kind::Settings, "the settings no longer list deployments")
                .with_hint("start the process again to watch one deployment"));
        }
        Ok(listed)
    }
}
