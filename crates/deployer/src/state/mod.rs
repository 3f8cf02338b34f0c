//! What runs keep on this machine for later ones, in a folder that only its owner can read: `snapshot-….json` says what the nodes held
//! before a run, `target-….lock` is held while a run deploys to a target, and `secrets-….json` holds keyed fingerprints of what was sent.

mod fingerprints;
mod locks;
mod snapshots;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

use deployer_core::error::Note;
use deployer_core::model::{NodeName, NodePlan, Receipt, SecretName, StepOutcome, StepReceipt};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};
use deployer_engine::fingerprint::{FingerprintKey, Remembered};
use deployer_engine::run::{Deployment, Planned};
use deployer_engine::saved::Saved;

pub(crate) use locks::Locks;
pub(crate) use snapshots::{KEPT, Kept};

use crate::output::Output;
use crate::session::Session;

/// The environment variable that names the folder.
pub(crate) const VARIABLE: &str = "SESAM_DEPLOYER_STATE";

/// Where nodes are deployed to, by node.
pub(crate) type Targets = BTreeMap<NodeName, String>;

/// The state folder of a run.
#[derive(Debug)]
pub(crate) struct State {
    /// None where there is none that can be written to.
    folder: Option<PathBuf>,
    /// Whether somebody named it: it has to work then.
    is_named: bool,
}

impl State {
    /// Opens the folder for writing. One that nobody named and that cannot be used is a warning, so that a run goes on without.
    ///
    /// # Errors
    /// `Io` when a folder that somebody named cannot be used.
    pub(crate) fn open(session: &Session<'_>, flag: Option<&Path>) -> Result<(Self, Option<Note>)> {
        const CONSEQUENCE: &str = "what the nodes hold now is not kept for `restore`, and a second run on this machine is not noticed; \
                                   --state DIR names a folder";
        let named = named(session, flag);
        let is_named = named.is_some();
        let without = |cause: String| {
            let note = Note::warning(format!("nothing is remembered of this run: {cause}: {CONSEQUENCE}"));
            Ok((Self { folder: None, is_named }, Some(note)))
        };
        let Some(folder) = named.or_else(|| default_folder(&session.context.variables)) else {
            return without("there is no home folder to keep it in".to_owned());
        };
        match make_writable(&folder) {
            Ok(()) => Ok((Self { folder: Some(folder), is_named }, None)),
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

    /// Keeps other runs on this machine away from the targets, until the locks are dropped or the process ends in whatever way.
    ///
    /// # Errors
    /// `Refused` when another run deploys to one of them.
    pub(crate) fn lock(&self, targets: &Targets) -> Result<(Locks, Vec<Note>)> {
        match &self.folder {
            Some(folder) => locks::take(folder, targets),
            None => Ok(Default::default()),
        }
    }

    /// Forgets the fingerprints of the secrets that are about to be sent: until they have arrived nobody knows what the node holds.
    ///
    /// # Errors
    /// `Io` when what is remembered cannot be changed.
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
    /// `Io` when they cannot be written; the secrets are sent again then.
    pub(crate) fn remember_secrets(
        &self,
        planned: &Planned,
        key: &FingerprintKey,
        receipt: &Receipt,
    ) -> Result<()> {
        let is_done = |node: &NodeName| {
            let done = |step: &StepReceipt| matches!(step.outcome, StepOutcome::Done(_));
            receipt.nodes.iter().any(|receipt| receipt.node == *node && receipt.steps.iter().all(done))
        };
        self.each_sent(planned, |folder, node, _| {
            if !is_done(&node.node) {
                return Ok(());
            }
            fingerprints::write(folder, &node.target, key, &planned.fingerprints(node, key))
        })
    }

    /// Does something for every node to which secrets are sent.
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

    /// Where it is; none when there is none that can be written to.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Keeps what the nodes held before a run; says where.
    ///
    /// # Errors
    /// When it cannot be kept in a folder that somebody named; in any other that is a warning.
    pub(crate) fn keep(&self, before: &Saved, output: &Output) -> Result<(Option<PathBuf>, Option<Note>)> {
        let Some(folder) = &self.folder else { return Ok((None, None)) };
        match snapshots::keep(folder, before, output) {
            Ok(path) => Ok((Some(path), None)),
            Err(error) if self.is_named => Err(error
                .with_hint("--no-snapshot goes on without a way back")
                .context("nothing was written")),
            Err(error) => {
                Ok((None, Some(Note::warning(format!("there is no way back from this run: {error}")))))
            }
        }
    }
}

/// What is known of the secrets that earlier runs sent, where the settings name a key. Nothing of it is used when all are to be sent.
///
/// # Errors
/// `Settings` when the key cannot be had or is too short.
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

/// The targets that a run writes to.
pub(crate) fn targets(deployment: &Deployment) -> Targets {
    let nodes = deployment.nodes.iter();
    nodes.filter_map(|node| Some((node.name.clone(), node.target.as_ref()?.location()))).collect()
}

/// The snapshots that a deployment can be led back to, the newest first.
pub(crate) fn kept(folder: &Path, environment: &str, targets: &Targets) -> Vec<Kept> {
    snapshots::list(folder, environment, targets)
}

/// The folder that the command line, the environment variable or the settings name, in this order.
fn named(session: &Session<'_>, flag: Option<&Path>) -> Option<PathBuf> {
    let variable = || session.context.variables.get(VARIABLE).map(PathBuf::from);
    let setting = || session.settings.state.as_ref().map(|folder| session.context.path(folder));
    flag.map(Path::to_owned).or_else(variable).or_else(setting)
}

/// Where state belongs on this system (XDG Base Directory Specification).
fn default_folder(variables: &ProcessVariables) -> Option<PathBuf> {
    let absolute = |name| variables.get(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))
        .or_else(|| absolute("LOCALAPPDATA"))?;
    Some(state.join("sesam-deployer"))
}

/// Makes the folder, for its owner alone, and finds out whether files can be written there.
fn make_writable(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let probe = folder.join(format!(".{}.partial", std::process::id()));
    File::create(&probe)?;
    fs::remove_file(probe)
}

/// The first twelve hexadecimal digits of a text's SHA-256, for names of files.
fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Option<String> {
        let folder = default_folder(&variables.iter().copied().collect())?;
        Some(folder.display().to_string())
    }

    #[test]
    fn state_lies_where_the_system_keeps_it() {
        let both = [("XDG_STATE_HOME", "/state"), ("HOME", "/home/kari")];
        assert_eq!(found(&both).as_deref(), Some("/state/sesam-deployer"));
        let relative = [("XDG_STATE_HOME", "state"), ("HOME", "/home/kari")];
        assert_eq!(found(&relative).as_deref(), Some("/home/kari/.local/state/sesam-deployer"));
        assert_eq!(found(&[]), None);
    }
}
