//! One run at a time per target on one machine. The system releases a lock when its process ends, so that no lock is ever stale.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use deployer_core::error::Note;
use deployer_core::{Error, Kind, Result};

use super::names::{Targets, by_target, digest};
use crate::files;

/// Who has the lock of a target on this machine.
#[derive(Debug)]
pub(super) struct LockedBy {
    /// The ID of the process; empty if it cannot be read.
    pub(super) process: String,
    pub(super) since: Option<SystemTime>,
}

/// Who has the lock of a target now. `None` if nobody has. Creates no file.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn inspect(folder: &Path, target: &str) -> io::Result<Option<LockedBy>> {
    let mut file = match OpenOptions::new().read(true).open(path(folder, target)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            file.read_to_string(&mut process)?;
            let since = file.metadata().and_then(|metadata| metadata.modified()).ok();
            Ok(Some(LockedBy { process: process.trim().to_owned(), since }))
        }
    }
}

fn path(folder: &Path, target: &str) -> PathBuf {
    folder.join(format!("target-{}.lock", digest(target)))
}

/// Locks every target, in the order of their names, until one is locked by another run. A file system without locks is a warning.
///
/// A run that is refused holds only locks of earlier names. Of several runs at once, the one that has the lock with the last name is
/// therefore never refused.
pub(super) fn take(folder: &Path, targets: &Targets) -> Result<(Vec<File>, Vec<Note>)> {
    let (mut held, mut notes) = (Vec::new(), Vec::new());
    for (target, node) in by_target(targets) {
        match lock(&path(folder, target)) {
            Ok(Ok(file)) => held.push(file),
            Ok(Err(process)) => {
                let message = format!("node {node}: another run{process} is deploying to {target}");
                return Err(
                    Error::new(Kind::Refused, message).with_hint("wait until it has ended, then run again")
                );
            }
            Err(cause) => {
                let message = format!("node {node}: a second run on this machine is not detected: {cause}");
                notes.push(Note::warning(message));
            }
        }
    }
    Ok((held, notes))
}

/// Locks a file and writes the ID of this process into it. If another run has the lock, the inner error is its process.
fn lock(path: &Path) -> io::Result<std::result::Result<File, String>> {
    let mut file = files::open_own(path)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            writeln!(file, "{}", std::process::id())?;
            Ok(Ok(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // Without the process, the message is shorter.
            let _ = file.read_to_string(&mut process);
            let process = process.trim();
            Ok(Err(if process.is_empty() { String::new() } else { format!(" (process {process})") }))
        }
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::model::NodeName;

    use super::*;

    #[test]
    fn a_second_run_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let targets = |names: &[(&str, &str)]| -> Targets {
            names.iter().map(|(node, target)| (NodeName::new(*node), (*target).to_owned())).collect()
        };
        let shared = targets(&[("a", "branch"), ("b", "branch"), ("master", "https://node")]);
        let (first, notes) = take(folder.path(), &shared).unwrap();
        assert!(notes.is_empty());
        let (_other, _) = take(folder.path(), &targets(&[("master", "https://other")])).unwrap();

        let refused = take(folder.path(), &targets(&[("master", "https://node"), ("x", "y")])).unwrap_err();
        let process = std::process::id();
        assert_eq!(refused.kind(), Kind::Refused);
        assert_eq!(
            refused.message(),
            format!("node master: another run (process {process}) is deploying to https://node")
        );
        drop(first);
        assert!(take(folder.path(), &shared).is_ok());
    }

    #[test]
    fn of_three_runs_that_share_targets_in_a_ring_one_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let pair = |one: &str, other: &str| -> Targets {
            [(NodeName::new("x"), one.to_owned()), (NodeName::new("y"), other.to_owned())].into()
        };
        let runs = [pair("a", "b"), pair("b", "c"), pair("c", "a")];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let taken: Vec<_> = order.map(|run| take(folder.path(), &runs[run])).into();
            assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 1, "{order:?}");
        }
        let refused = take(folder.path(), &pair("c", "d"));
        assert!(refused.is_ok(), "a refused run leaves no lock");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_a_lock_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "precious").unwrap();
        let lock = path(folder.path(), "here");
        std::os::unix::fs::symlink(&victim, lock).unwrap();
        let (_, notes) = take(folder.path(), &[(NodeName::new("a"), "here".to_owned())].into()).unwrap();
        assert_eq!(notes.len(), 1);
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }
}
