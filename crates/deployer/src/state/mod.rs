//! The state of runs, in a folder of this machine or in a place that machines share. It contains no secret values. `snapshot-….json` is
//! the configuration of the nodes before a run, `deployed-….json` is what the last deploy wrote to a target, `secrets-….json` contains
//! keyed fingerprints of the secrets that were sent, and `plan-….json` is a plan. In a folder, `target-….lock` is locked while a run
//! deploys to a target. In a place, `lease-….json` is the record of the lease.

mod acquire;
#[cfg(feature = "watch")]
pub(crate) mod approvals;
mod busy;
mod deployed;
mod fence;
mod file_locks;
mod fingerprints;
mod folder;
mod holder;
mod leases;
mod lock;
mod locks;
mod mechanism;
mod names;
#[cfg(feature = "watch")]
mod observed;
mod place;
mod plans;
mod shared;
mod snapshots;
mod storage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deployer_core::error::Note;
use deployer_core::model::{NodeName, NodePlan, Plan, Receipt, SecretName, StepOutcome, StepReceipt};
use deployer_core::{Error, Kind, Result};
use deployer_engine::fingerprint::{FingerprintKey, KeyedFingerprints, Remembered};
use deployer_engine::run::{Deployment, Planned};
use deployer_engine::saved::{Saved, SavedNode};
use futures::future::{join_all, try_join_all};
use tokio_util::sync::CancellationToken;

pub(crate) use busy::span;
pub(crate) use folder::folder;
#[cfg(feature = "watch")]
pub(crate) use holder::machine;
pub(crate) use lock::{Lock, break_lock, list_locks};
pub(crate) use locks::{Locks, Options};
pub(crate) use mechanism::Mechanism;
pub(crate) use names::Targets;
#[cfg(feature = "watch")]
pub(crate) use observed::Observed;
pub(crate) use place::SharedPlace;
pub(crate) use plans::{read_stored, write_plan};
pub(crate) use snapshots::{KEPT, Snapshot};
pub(crate) use storage::{Storage, stored_name};

use crate::output::Output;
use crate::session::Session;

/// The state of a run that writes.
#[derive(Debug)]
pub(crate) struct State {
    /// `None` if no folder can be written to, or none is named beside a place for leases.
    storage: Option<Storage>,
    /// `None` if no folder can be written to.
    mechanism: Option<Mechanism>,
    /// Whether an option, a variable or the settings name it. Then it must work.
    is_named: bool,
}

/// Where the state is, for reading. `None` if there is no home folder for it, or no folder is named beside a place for leases: folders
/// that each machine has for itself have no state that machines share.
///
/// # Errors
/// `Settings` if the settings name a place for all state, and an option or a variable names a folder: two runs could then lock one
/// target in two ways.
pub(crate) fn storage(
    session: &Session<'_>,
    flag: Option<&Path>,
    place: Option<&SharedPlace>,
) -> Result<Option<Storage>> {
    let place = match place {
        None => return Ok(folder(session, flag).map(Storage::Folder)),
        Some(SharedPlace::Leases(_)) => return Ok(folder::named(session, flag).map(Storage::Folder)),
        Some(SharedPlace::State(place)) => place,
    };
    match folder::named_by(session, flag) {
        None => Ok(Some(Storage::shared(place))),
        Some(name) => {
            let location = place.location();
            let message = format!("{name} names a state folder, and the settings name {location}");
            Err(Error::new(Kind::Settings, message)
                .with_cause("other machines lock the nodes there")
                .with_hint(format!("leave {name} out, or remove `state` from the settings")))
        }
    }
}

/// How targets are locked, for reading. `None` if there is no home folder for it.
///
/// # Errors
/// As [`storage`].
pub(crate) fn mechanism(
    session: &Session<'_>,
    flag: Option<&Path>,
    place: Option<&SharedPlace>,
) -> Result<Option<Mechanism>> {
    storage(session, flag, place)?;
    Ok(match place {
        None => folder(session, flag).map(Mechanism::Files),
        Some(place) => Some(Mechanism::Leases(place.leases())),
    })
}

impl State {
    /// Opens the state for writing. If the default folder cannot be used, returns a warning.
    ///
    /// # Errors
    /// As [`storage`]; for a folder that cannot be used also `Io` and `Refused`.
    pub(crate) fn open(
        session: &Session<'_>,
        flag: Option<&Path>,
        place: Option<&SharedPlace>,
    ) -> Result<(Self, Option<Note>)> {
        let has_leases_alone = matches!(place, Some(SharedPlace::Leases(_)));
        if place.is_some() && (!has_leases_alone || folder::named(session, flag).is_none()) {
            let (storage, mechanism) = (storage(session, flag, place)?, mechanism(session, flag, place)?);
            return Ok((
                Self { storage, mechanism, is_named: true },
                has_leases_alone.then(folder::none_beside_leases),
            ));
        }
        let (folder, is_named, note) = folder::open(session, flag)?;
        let mechanism = match place {
            None => folder.clone().map(Mechanism::Files),
            Some(place) => Some(Mechanism::Leases(place.leases())),
        };
        Ok((Self { storage: folder.map(Storage::Folder), mechanism, is_named }, note))
    }

    /// Where it is. `None` if nothing is saved.
    pub(crate) fn storage(&self) -> Option<&Storage> {
        self.storage.as_ref()
    }

    /// Locks the targets against other runs, and allows writes to them. Waits for another run as long as the options say, until `stop`.
    ///
    /// # Errors
    /// `Refused` when another run has one of them; when a lease cannot be acquired. Nothing is locked then.
    pub(crate) async fn lock(
        &self,
        session: &Session<'_>,
        targets: &Targets,
        options: Options<'_>,
        stop: &CancellationToken,
    ) -> Result<(Locks, Vec<Note>)> {
        locks::lock(self.mechanism.as_ref(), session, targets, options, stop).await
    }

    /// Forgets the fingerprints of the secrets that are about to be sent: until they have arrived, the values on the node are unknown.
    ///
    /// # Errors
    /// When the fingerprints cannot be changed.
    pub(crate) async fn forget_secrets(
        &self,
        planned: &Planned,
        key: &FingerprintKey,
        locks: &Locks,
    ) -> Result<()> {
        let forget = |node: &NodePlan, sent: &BTreeSet<SecretName>| {
            let mut left = planned.fingerprints(node, key);
            left.retain(|name, _| !sent.contains(name));
            Some(left)
        };
        self.write_fingerprints(planned, key, locks, forget).await
    }

    /// Remembers the fingerprints of the secrets of nodes whose steps were all done.
    ///
    /// # Errors
    /// When they cannot be written. The next run re-sends the secrets.
    pub(crate) async fn remember_secrets(
        &self,
        planned: &Planned,
        key: &FingerprintKey,
        receipt: &Receipt,
        locks: &Locks,
    ) -> Result<()> {
        let remember = |node: &NodePlan, _: &BTreeSet<SecretName>| {
            is_done(receipt, &node.node).then(|| planned.fingerprints(node, key))
        };
        self.write_fingerprints(planned, key, locks, remember).await
    }

    /// Writes the fingerprints of every node that secrets are sent to.
    async fn write_fingerprints(
        &self,
        planned: &Planned,
        key: &FingerprintKey,
        locks: &Locks,
        of: impl Fn(&NodePlan, &BTreeSet<SecretName>) -> Option<KeyedFingerprints>,
    ) -> Result<()> {
        let Some(storage) = &self.storage else { return Ok(()) };
        let writes = planned.plan.nodes.iter().filter_map(|node| {
            let sent = node.secrets_to_send();
            let fingerprints = if sent.is_empty() { None } else { of(node, &sent) }?;
            let epoch = locks.epoch(&node.target);
            Some(async move { fingerprints::write(storage, &node.target, epoch, key, &fingerprints).await })
        });
        try_join_all(writes).await.map(drop)
    }

    /// Saves what a run wrote to each node whose steps were all done, for `status`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) async fn remember_deployed(
        &self,
        plan: &Plan,
        receipt: &Receipt,
        locks: &Locks,
        output: &Output,
    ) -> Result<()> {
        let Some(storage) = &self.storage else { return Ok(()) };
        let environment = &plan.environment;
        let writes = plan.nodes.iter().map(|node| async move {
            let epoch = locks.epoch(&node.target);
            if !is_done(receipt, &node.node) {
                return deployed::remove(storage, environment, epoch, &node.target).await;
            }
            let (target, base) = (node.target.clone(), node.base.clone());
            let saved = SavedNode::new(node.node.clone(), target, base, node.desired.clone());
            deployed::write(storage, environment, epoch, saved, output).await
        });
        join_all(writes).await.into_iter().collect()
    }

    /// Saves a snapshot of the nodes before a run, and returns its name on the command line.
    ///
    /// # Errors
    /// When it cannot be saved where the settings or the command line say. In the default folder, that is a warning.
    pub(crate) async fn keep(
        &self,
        before: &Saved,
        locks: &Locks,
        output: &Output,
    ) -> Result<(Option<String>, Option<Note>)> {
        let Some(storage) = &self.storage else { return Ok((None, None)) };
        match snapshots::keep(storage, before, locks.epochs(before), output).await {
            Ok(name) => Ok((Some(storage.reference(&name)), None)),
            Err(error) if self.is_named => Err(error
                .with_hint("--no-snapshot deploys without a snapshot")
                .context("nothing was written")),
            Err(error) => {
                Ok((None, Some(Note::warning(format!("no snapshot was saved for this run: {error}")))))
            }
        }
    }

    /// Removes the oldest snapshots of the same targets beyond [`KEPT`].
    pub(crate) async fn trim(&self, before: &Saved) {
        if let Some(storage) = &self.storage {
            snapshots::trim(storage, before).await;
        }
    }

    /// Reads the versions of the objects that a run replaces, so that each is later written by one request.
    pub(crate) async fn prepare(&self, targets: &Targets) {
        if let Some(storage @ Storage::Shared(_)) = &self.storage {
            // Whoever needs the content reads it again, and reports why that fails.
            join_all(targets.values().map(|target| deployed::read(storage, target))).await;
        }
    }
}

/// The fingerprints of the secrets that earlier runs sent, if the settings name a key. They are not used if all secrets are sent.
///
/// # Errors
/// `Settings` when the key cannot be resolved or is too short; when they cannot be read from a place that machines share.
pub(crate) async fn remembered(
    session: &Session<'_>,
    storage: Option<&Storage>,
    targets: &Targets,
    send_all: bool,
) -> Result<Option<Remembered>> {
    let Some(key) = &session.settings.keys.secrets.fingerprint_key else { return Ok(None) };
    let key = FingerprintKey::new(key.resolve(&session.context)?)
        .map_err(|error| error.context("[secrets] fingerprint_key"))?;
    let Some(storage) = storage.filter(|_| !send_all) else {
        return Ok(Some(Remembered { nodes: BTreeMap::new(), key }));
    };
    let reads = targets.iter().map(|(node, target)| {
        let key = &key;
        async move { fingerprints::read(storage, target, key).await.map(|read| (node.clone(), read)) }
    });
    let nodes: Vec<(NodeName, KeyedFingerprints)> = try_join_all(reads).await?;
    Ok(Some(Remembered { nodes: nodes.into_iter().collect(), key }))
}

/// Whether all steps of a node were done.
pub(crate) fn is_done(receipt: &Receipt, node: &NodeName) -> bool {
    let done = |step: &StepReceipt| matches!(step.outcome, StepOutcome::Done(_));
    receipt.nodes.iter().any(|receipt| receipt.node == *node && receipt.steps.iter().all(done))
}

/// What the last deploy of each target wrote, as far as it is saved, and a warning for each target of which that cannot be read.
pub(crate) async fn deployed(
    storage: Option<&Storage>,
    targets: &Targets,
) -> (BTreeMap<NodeName, SavedNode>, Vec<Note>) {
    let (mut saved, mut notes) = (BTreeMap::new(), Vec::new());
    let Some(storage) = storage else { return (saved, notes) };
    let reads =
        targets.iter().map(|(node, target)| async move { (node, deployed::read(storage, target).await) });
    for (node, read) in join_all(reads).await {
        match read {
            Ok(read) => saved.extend(read.map(|read| (node.clone(), read))),
            Err(error) => {
                let message = format!("node {node}: what the last deploy wrote cannot be read: {error}");
                notes.push(Note::warning(message));
            }
        }
    }
    (saved, notes)
}

/// The targets that a run writes to.
pub(crate) fn targets(deployment: &Deployment) -> Targets {
    let nodes = deployment.nodes.iter();
    nodes.filter_map(|node| Some((node.name.clone(), node.target.as_ref()?.location()))).collect()
}

/// The snapshots of an environment and its targets, the newest first.
///
/// # Errors
/// When a place that machines share cannot be read.
pub(crate) async fn snapshots(
    storage: &Storage,
    environment: &str,
    targets: &Targets,
) -> Result<Vec<Snapshot>> {
    snapshots::list(storage, environment, targets).await
}
