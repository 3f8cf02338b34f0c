//! The state folder: files that runs keep on this machine for later runs. Only their owner can read them. `snapshot-….json` is the
//! configuration of the nodes before a run, `deployed-….json` is what the last deploy wrote to a target, `target-….lock` is locked while a
//! run deploys to a target, and `secrets-….json` contains keyed fingerprints of the secrets that were sent.

mod deployed;
mod fingerprints;
mod locks;
mod names;
mod snapshots;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use deployer_core::error::Note;
use deployer_core::model::{NodeName, NodePlan, Plan, Receipt, SecretName, StepOutcome, StepReceipt};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};
use deployer_engine::fingerprint::{FingerprintKey, Remembered};
use deployer_engine::run::{Deployment, Planned};
use deployer_engine::saved::{Saved, SavedNode};

pub(crate) use locks::Locks;
pub(crate) use names::Targets;
pub(crate) use snapshots::{KEPT, Snapshot};

use crate::files;
use crate::output::Output;
use crate::session::Session;

/// The environment variable that names the folder.
pub(crate) const VARIABLE: &str = "SESAM_DEPLOYER_STATE";

/// The state folder of a run.
#[derive(Debug)]
pub(crate) struct State {
    /// `None` if no folder can be written to.
    folder: Option<PathBuf>,
    /// Whether an option, a variable or the settings name it. Then it must work.
    is_named: bool,
}

impl State {
    /// Opens the folder for writing. If the default folder cannot be used, prints a warning and continues without a state folder.
    ///
    /// # Errors
    /// `Io` when a folder that was named cannot be used; `Refused` when others can write to a folder, or a named one is not ours.
    pub(crate) fn open(session: &Session<'_>, flag: Option<&Path>) -> Result<(Self, Option<Note>)> {
        const CONSEQUENCE: &str = "no snapshot is saved for `restore`, and a second run on this machine is not detected. \
                                   Name a folder: --state DIR";
        let named = named(session, flag);
        let is_named = named.is_some();
        let without = |cause: String| {
            let note = Note::warning(format!("{cause}: {CONSEQUENCE}"));
            Ok((Self { folder: None, is_named }, Some(note)))
        };
        let Some(folder) = named.or_else(|| default_folder(&session.context.variables)) else {
            return without("there is no home folder for the state folder".to_owned());
        };
        match make_writable(&folder) {
            Ok(()) => {
                files::remove_leftovers(&folder, "");
                Ok((Self { folder: Some(folder), is_named }, None))
            }
            Err(_) if is_open_to_others(&folder) || (is_named && is_unsafe(&folder)) => {
                let message = format!("the state folder {} is not safe: {}", folder.display(), UNSAFE);
                let hint =
                    format!("run `chmod 700 {}`, or name another folder: --state DIR", folder.display());
                Err(Error::new(Kind::Refused, message).with_hint(hint))
            }
            Err(cause) if is_named => {
                let attempted = format!("use the state folder {}", folder.display());
                Err(Error::new(Kind::Io, attempted)
                    .with_cause(cause)
                    .with_hint("name a folder that can be written to: --state DIR"))
            }
            Err(cause) => without(format!("{} cannot be written to: {cause}", folder.display())),
        }
    }

    /// The folder, for reading.
    pub(crate) fn folder(session: &Session<'_>, flag: Option<&Path>) -> Option<PathBuf> {
        named(session, flag).or_else(|| default_folder(&session.context.variables))
    }

    /// Locks the targets against other runs on this machine, until the locks are dropped or the process ends.
    ///
    /// # Errors
    /// `Refused` when another run deploys to one of them.
    pub(crate) fn lock(&self, targets: &Targets) -> Result<(Locks, Vec<Note>)> {
        match &self.folder {
            Some(folder) => locks::take(folder, targets),
            None => Ok(Default::default()),
        }
    }

    /// Forgets the fingerprints of the secrets that are about to be sent: until they have arrived, the values on the node are unknown.
    ///
    /// # Errors
    /// `Io` when the fingerprints cannot be changed.
    pub(crate) fn forget_secrets(&self, planned: &Planned, key: &FingerprintKey) -> Result<()> {
        self.each_sent(planned, |folder, node, sent| {
            let mut left = planned.fingerprints(node, key);
            left.retain(|name, _| !sent.contains(name));
            fingerprints::write(folder, &node.target, key, &left)
        })
    }

    /// Remembers the fingerprints of the secrets of nodes whose steps were all done.
    ///
    /// # Errors
    /// `Io` when they cannot be written. The next run re-sends the secrets.
    pub(crate) fn remember_secrets(
        &self,
        planned: &Planned,
        key: &FingerprintKey,
        receipt: &Receipt,
    ) -> Result<()> {
        self.each_sent(planned, |folder, node, _| {
            if !is_done(receipt, &node.node) {
                return Ok(());
            }
            fingerprints::write(folder, &node.target, key, &planned.fingerprints(node, key))
        })
    }

    /// Saves what a run wrote to each node whose steps were all done, for `status`.
    ///
    /// # Errors
    /// `Io` when a file cannot be written.
    pub(crate) fn remember_deployed(&self, plan: &Plan, receipt: &Receipt, output: &Output) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for node in &plan.nodes {
            if is_done(receipt, &node.node) {
                let (target, base) = (node.target.clone(), node.base.clone());
                let saved = SavedNode::new(node.node.clone(), target, base, node.desired.clone());
                deployed::write(folder, &plan.environment, saved, output)?;
            } else {
                deployed::remove(folder, &node.target);
            }
        }
        Ok(())
    }

    /// Calls `act` for every node that secrets are sent to.
    fn each_sent(
        &self,
        planned: &Planned,
        act: impl Fn(&Path, &NodePlan, &BTreeSet<SecretName>) -> Result<()>,
    ) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for node in &planned.plan.nodes {
            let sent = node.secrets_to_send();
            if !sent.is_empty() {
                act(folder, node, &sent)?;
            }
        }
        Ok(())
    }

    /// The path. `None` if no folder can be written to.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Saves a snapshot of the nodes before a run, and returns its path.
    ///
    /// # Errors
    /// When it cannot be saved in a folder that was named. In the default folder, that is a warning.
    pub(crate) fn keep(&self, before: &Saved, output: &Output) -> Result<(Option<PathBuf>, Option<Note>)> {
        let Some(folder) = &self.folder else { return Ok((None, None)) };
        match snapshots::keep(folder, before, output) {
            Ok(path) => Ok((Some(path), None)),
            Err(error) if self.is_named => Err(error
                .with_hint("--no-snapshot deploys without a snapshot")
                .context("nothing was written")),
            Err(error) => {
                Ok((None, Some(Note::warning(format!("no snapshot was saved for this run: {error}")))))
            }
        }
    }
}

/// The fingerprints of the secrets that earlier runs sent, if the settings name a key. They are not used if all secrets are sent.
///
/// # Errors
/// `Settings` when the key cannot be resolved or is too short.
pub(crate) fn remembered(
    session: &Session<'_>,
    folder: Option<&Path>,
    targets: &Targets,
    send_all: bool,
) -> Result<Option<Remembered>> {
    let Some(key) = &session.settings.fingerprint_key else { return Ok(None) };
    let key = FingerprintKey::new(key.resolve(&session.context)?)
        .map_err(|error| error.context("[secrets] fingerprint_key"))?;
    let folder = folder.filter(|_| !send_all);
    let nodes = targets
        .iter()
        .filter_map(|(node, target)| Some((node.clone(), fingerprints::read(folder?, target, &key))));
    Ok(Some(Remembered { nodes: nodes.collect(), key }))
}

/// Whether all steps of a node were done.
pub(crate) fn is_done(receipt: &Receipt, node: &NodeName) -> bool {
    let done = |step: &StepReceipt| matches!(step.outcome, StepOutcome::Done(_));
    receipt.nodes.iter().any(|receipt| receipt.node == *node && receipt.steps.iter().all(done))
}

/// What the last deploy of each target wrote, as far as it is saved.
pub(crate) fn deployed(folder: Option<&Path>, targets: &Targets) -> BTreeMap<NodeName, SavedNode> {
    let saved = |(node, target): (&NodeName, &String)| Some((node.clone(), deployed::read(folder?, target)?));
    targets.iter().filter_map(saved).collect()
}

/// The targets that a run writes to.
pub(crate) fn targets(deployment: &Deployment) -> Targets {
    let nodes = deployment.nodes.iter();
    nodes.filter_map(|node| Some((node.name.clone(), node.target.as_ref()?.location()))).collect()
}

/// The snapshots of an environment and its targets, the newest first.
pub(crate) fn snapshots(folder: &Path, environment: &str, targets: &Targets) -> Vec<Snapshot> {
    snapshots::list(folder, environment, targets)
}

/// The folder that the option, the environment variable or the settings name, in this order.
fn named(session: &Session<'_>, flag: Option<&Path>) -> Option<PathBuf> {
    let variable = || session.context.variables.get(VARIABLE).map(PathBuf::from);
    let setting = || session.settings.state.as_ref().map(|folder| session.context.path(folder));
    flag.map(Path::to_owned).or_else(variable).or_else(setting)
}

/// The default folder (XDG Base Directory Specification).
fn default_folder(variables: &ProcessVariables) -> Option<PathBuf> {
    let absolute = |name| variables.get(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))
        .or_else(|| absolute("LOCALAPPDATA"))?;
    Some(state.join("sesam-deployer"))
}

/// Creates the folder for its owner alone, and checks that it is safe and that files can be written there.
fn make_writable(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if is_unsafe(folder) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, UNSAFE));
    }
    let probe = folder.join(format!(".probe.{}{}", std::process::id(), files::PARTIAL));
    files::create_new(&probe)?;
    fs::remove_file(probe)
}

/// Why a folder is not safe.
const UNSAFE: &str = "other users can write to it, or it belongs to another user";

/// Whether a folder belongs to another user, or other users can change files in it.
fn is_unsafe(folder: &Path) -> bool {
    is_open_to_others(folder)
        || fs::metadata(folder).is_ok_and(|metadata| files::require_own(&metadata).is_err())
}

/// Whether other users can change files in a folder.
#[cfg(unix)]
fn is_open_to_others(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o022 != 0)
}

/// Whether other users can change files in a folder.
#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Option<String> {
        let folder = default_folder(&variables.iter().copied().collect())?;
        Some(folder.display().to_string())
    }

    #[test]
    fn the_default_folder_is_where_the_system_keeps_state() {
        let both = [("XDG_STATE_HOME", "/state"), ("HOME", "/home/kari")];
        assert_eq!(found(&both).as_deref(), Some("/state/sesam-deployer"));
        let relative = [("XDG_STATE_HOME", "state"), ("HOME", "/home/kari")];
        assert_eq!(found(&relative).as_deref(), Some("/home/kari/.local/state/sesam-deployer"));
        assert_eq!(found(&[]), None);
    }
    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for (mode, is_usable) in
            [(0o700, true), (0o755, true), (0o770, false), (0o777, false), (0o1777, false)]
        {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(make_writable(folder.path()).is_ok(), is_usable, "{mode:o}");
        }
    }
}
