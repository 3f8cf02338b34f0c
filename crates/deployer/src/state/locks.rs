//! One run at a time per target on one machine. The system releases a lock when its process ends, so that no lock is ever stale.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use deployer_core::error::Note;
use deployer_core::model::NodeName;
use deployer_core::{Error, Kind, Result};

use super::names::{Targets, digest};
use crate::files;

/// The locks of a run. They are released when they are dropped.
#[derive(Debug, Default)]
pub(crate) struct Locks(#[expect(dead_code, reason = "held until it is dropped")] Vec<File>);

/// Locks every target, in the order of their names, until one is locked by another run. A file system without locks is a warning.
///
/// A run that is refused holds only locks of earlier names. Of several runs at once, the one that has the lock with the last name is
/// therefore never refused.
pub(super) fn take(folder: &Path, targets: &Targets) -> Result<(Locks, Vec<Note>)> {
    // Nodes that share a target, such as two folders of one branch, share its lock.
    let by_target: BTreeMap<&String, &NodeName> =
        targets.iter().map(|(node, target)| (target, node)).collect();
    let (mut held, mut notes) = (Vec::new(), Vec::new());
    for (target, node) in by_target {
        match lock(&folder.join(format!("target-{}.lock", digest(target)))) {
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
    Ok((Locks(held), notes))
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
        let lock = folder.path().join(format!("target-{}.lock", digest("here")));
        std::os::unix::fs::symlink(&victim, lock).unwrap();
        let (_, notes) = take(folder.path(), &[(NodeName::new("a"), "here".to_owned())].into()).unwrap();
        assert_eq!(notes.len(), 1);
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }
}
