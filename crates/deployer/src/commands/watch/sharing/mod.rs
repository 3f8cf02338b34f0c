//! Replicas that share deployments: each gives signs of life in one object, and serves its share.
//!
//! No write to a node depends on it: each needs the lease of its target.

mod document;
mod merge;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_core::error::Note;
use deployer_core::traits::{LeasePlace, PutCondition, PutOutcome};
use deployer_core::{Error, Kind, Result};
use deployer_state::{Clock, SystemClock};
use deployer_watch::{Replicas, Told};
use tokio::sync::Notify;

use self::document::Document;
pub(super) use self::document::Post;
use self::merge::{Asked, Shared, elsewhere};
use crate::digest::digest;
use crate::output::Output;
use crate::session::{Scope, Session};
use crate::state;
use crate::watching::{Boards, Elsewhere};

/// How often a write is tried while other replicas write.
const TRIES: usize = 5;

/// The least time that the place has for an answer.
const LEAST: Duration = Duration::from_secs(5);

/// Who serves a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Serves {
    /// It is not known yet.
    Unknown,
    /// This replica.
    This,
    /// Another replica.
    Another,
}

/// This replica among those that share the deployments.
#[derive(Debug)]
pub(super) struct Sharing {
    place: Arc<dyn LeasePlace>,
    /// The name of the object.
    object: String,
    /// The ID of this replica.
    own: String,
    machine: String,
    interval: Duration,
    lifetime: Duration,
    shared: Mutex<Shared>,
    wake: Notify,
}

impl Sharing {
    /// Shares the deployments of the settings, if these name a place that machines share.
    ///
    /// # Errors
    /// When the plugins of the settings cannot be built.
    pub(super) async fn new(session: &Session<'_>, names: BTreeSet<String>) -> Result<Option<Self>> {
        let is_fleet = !session.settings.deployments().is_empty();
        let built = session.built(if is_fleet { Scope::State } else { Scope::NodesAndState }).await?;
        let Some(place) = built.state.map(|place| place.leases()) else { return Ok(None) };
        let object = if is_fleet {
            "watch-fleet.json".to_owned()
        } else {
            // Processes that deploy one environment to the same nodes are replicas.
            let targets = state::targets(&built.deployment);
            let targets = targets.iter().flat_map(|(node, target)| [node.as_str(), target.as_str()]);
            let parts: Vec<&str> =
                std::iter::once(session.settings.environment.as_str()).chain(targets).collect();
            format!("watch-{}.json", digest([parts.join("\n")]))
        };
        session.finish(built.deployment.close(&session.runner).await);
        let own = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        // A replica ends as a lease does: after as long without a renewal.
        let interval = session.settings.keys.limits.lease().renewal();
        let replicas = Replicas::new(own.clone(), interval);
        Ok(Some(Self {
            place,
            object,
            machine: session.output.mask(&state::machine(&session.context.variables)).0,
            interval,
            lifetime: replicas.lifetime(),
            shared: Mutex::new(Shared::new(replicas, names, SystemClock.now())),
            own,
            wake: Notify::new(),
        }))
    }

    /// Who serves a deployment. Unknown after a pause in which other replicas took over.
    pub(super) fn serves(&self, name: &str) -> Serves {
        let shared = self.shared();
        if SystemClock.now().saturating_sub(shared.looked) > self.lifetime {
            self.wake.notify_one();
            return Serves::Unknown;
        }
        match &shared.ours {
            None => Serves::Unknown,
            Some(ours) if ours.contains(name) => Serves::This,
            Some(_) => Serves::Another,
        }
    }

    /// What people were told of a deployment. A replica that starts alone deploys, as a process that does not share does.
    pub(super) fn told(&self, name: &str) -> Told {
        let mut shared = self.shared();
        let mut told =
            shared.document.deployments.get(name).map(|it| it.post.told.clone()).unwrap_or_default();
        if shared.fresh.remove(name) {
            told.targets.values_mut().for_each(|target| target.settled = None);
        }
        told
    }

    /// Says whether this replica can serve a deployment.
    pub(super) fn can_serve(&self, name: &str, is_able: bool) {
        let mut shared = self.shared();
        let is_new = if is_able { shared.able.insert(name.to_owned()) } else { shared.able.remove(name) };
        if is_new {
            self.wake.notify_one();
        }
    }

    /// Takes the state of a deployment that this replica serves. The others see at once what people were told, and that it deploys.
    pub(super) fn post(&self, name: &str, post: Post) {
        let mut shared = self.shared();
        let before = shared.posts.insert(name.to_owned(), post.clone()).unwrap_or_default();
        if before.is_outdated_by(&post) {
            self.wake.notify_one();
        }
    }

    /// Passes on at once what somebody asks for.
    pub(super) fn pass_on(&self) {
        self.wake.notify_one();
    }

    /// Gives signs of life until it is dropped.
    pub(super) async fn run(&self, boards: &Boards, output: &Output) {
        loop {
            let limit = self.interval.max(LEAST);
            let looked = tokio::time::timeout(limit, self.look(boards)).await.unwrap_or_else(|_| {
                Err(Error::new(Kind::Timeout, format!("no answer within {} seconds", limit.as_secs())))
            });
            self.note(looked.err(), boards, output);
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.interval) => {}
            }
        }
    }

    /// Removes the sign of life, so that others take over at their next look.
    pub(super) async fn leave(&self) {
        // A sign of life that is not removed expires.
        let _ = tokio::time::timeout(LEAST, self.remove()).await;
    }

    async fn remove(&self) -> Result<()> {
        for _ in 0..TRIES {
            let (mut document, condition) = self.read().await?;
            if document.replicas.remove(&self.own).is_none() {
                break;
            }
            self.shared().add_posts(&mut document);
            let put = self.place.put(&self.object, document.to_bytes()?, condition).await?;
            if matches!(put, PutOutcome::Stored(_)) {
                break;
            }
        }
        Ok(())
    }

    async fn read(&self) -> Result<(Document, PutCondition)> {
        Ok(match self.place.get(&self.object).await? {
            Some(object) => {
                (Document::parse(&self.object, &object.content)?, PutCondition::Unchanged(object.version))
            }
            None => (Document::empty(), PutCondition::Absent),
        })
    }

    /// Reads the object, gives a sign of life, and takes the share.
    async fn look(&self, boards: &Boards) -> Result<()> {
        for _ in 0..TRIES {
            // The moment before the request: a sign of life is never younger than it seems.
            let now = SystemClock.now();
            let (mut document, condition) = self.read().await?;
            let asked = self.shared().merge(&mut document, now, &self.own, &self.machine, boards);
            let content = document.to_bytes()?;
            match self.place.put(&self.object, content, condition).await? {
                PutOutcome::Stored(_) => {
                    self.take(document, now, &asked, boards);
                    return Ok(());
                }
                PutOutcome::ConditionFailed => {}
            }
        }
        let message = format!("write {} in {}", self.object, self.place.location());
        Err(Error::new(Kind::Conflict, message).with_cause("other replicas write it at the same time"))
    }

    /// Takes the share after a sign of life was stored.
    fn take(&self, document: Document, now: Duration, asked: &Asked, boards: &Boards) {
        let mut shared = self.shared();
        shared.replicas.joined(now);
        shared.looked = now;
        shared.outgoing = Asked::default();
        let shares = shared.replicas.shares(now, &shared.able);
        let ours: BTreeSet<String> =
            shares.iter().filter(|(_, id)| **id == self.own).map(|(name, _)| name.clone()).collect();
        let before = shared.ours.replace(ours.clone());
        if before.is_none() && document.replicas.len() == 1 {
            shared.fresh.clone_from(&ours);
        }
        for (name, board) in boards.all() {
            let is_ours = ours.contains(&name);
            let was_ours = before.as_ref().map(|before| before.contains(&name));
            let deployment = document.deployments.get(&name).cloned().unwrap_or_default();
            if is_ours && was_ours != Some(true) {
                // The first check comes at once.
                shared.triggers.insert(name.clone(), deployment.triggers);
                shared.posts.insert(name.clone(), deployment.post.clone());
            }
            let is_triggered = asked.triggered.contains(&name);
            if is_triggered {
                shared.triggers.insert(name.clone(), deployment.triggers);
            }
            let mut content = board.lock();
            let another = shares.get(&name).filter(|_| !is_ours);
            content.elsewhere = another.map(|id| elsewhere(document.replicas.get(id), deployment.post));
            let approved = asked.approved.get(&name).filter(|_| is_ours);
            if let Some(plan) = approved {
                content.approved = Some(plan.clone());
            }
            if is_ours && is_triggered {
                content.is_triggered = true;
            }
            // Its leases are looked at, with each look at the object.
            let is_deploying = content.elsewhere.as_ref().is_some_and(Elsewhere::is_deploying);
            if was_ours != Some(is_ours) || approved.is_some() || is_triggered || is_deploying {
                board.wake.notify_one();
            }
        }
        shared.document = document;
    }

    /// Says once that the place cannot be used, and once that it can. A replica goes on with its share; one without a share takes all.
    fn note(&self, error: Option<Error>, boards: &Boards, output: &Output) {
        let mut shared = self.shared();
        let Some(error) = error else {
            if shared.failure.take().is_some() {
                output.message("The signs of life of the replicas can be read again.");
            }
            return;
        };
        shared.looked = SystemClock.now();
        if shared.ours.is_none() {
            shared.ours = Some(shared.able.clone());
            boards.all().values().for_each(|board| board.wake.notify_one());
        }
        if shared.failure.is_none() {
            output.notes(&[Note::warning(format!(
                "the deployments cannot be shared with other replicas, and this one goes on with its own: {error}"
            ))]);
        }
        shared.failure = Some(error.to_string());
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Each member is valid by itself.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
