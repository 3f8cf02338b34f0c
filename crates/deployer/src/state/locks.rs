//! One run at a time for a target, on one machine. The system gives a lock back when its process ends, so that none is ever stale.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use deployer_core::error::Note;
use deployer_core::model::NodeName;
use deployer_core::{Error, Kind, Result};

use super::{Targets, digest};
use crate::saved::owner_only;

/// The locks of a run; given back when they are dropped.
#[derive(Debug, Default)]
pub(crate) struct Locks(#[expect(dead_code, reason = "held until it is dropped")] Vec<File>);

/// Locks every target. A file system that knows no locks is a warning.
pub(super) fn take(folder: &Path, targets: &Targets) -> Result<(Locks, Vec<Note>)> {
    // Nodes that share a target, such as two folders of one branch, share its lock.
    let by_target: BTreeMap<&String, &NodeName> =
        targets.iter().map(|(node, target)| (target, node)).collect();
    let (mut held, mut busy, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (target, node) in by_target {
        match lock(&folder.join(format!("target-{}.lock", digest(target)))) {
            Ok(Ok(file)) => held.push(file),
            Ok(Err(process)) => {
                let message = format!("node {node}: another run{process} is deploying to {target}");
                busy.push(Error::new(Kind::Refused, message));
            }
            Err(cause) => {
                let message =
                    format!("node {node}: a second run on this machine would not be noticed: {cause}");
                notes.push(Note::warning(message));
            }
        }
    }
    if busy.is_empty() {
        return Ok((Locks(held), notes));
    }
    Err(Error::together(Kind::Refused, "other runs are deploying; nothing was written", busy)
        .with_hint("wait until it has ended, then run again"))
}

/// Locks a file and writes the own process into it; the process of the other run when that holds it.
fn lock(path: &Path) -> io::Result<std::result::Result<File, String>> {
    let mut file = owner_only().read(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            writeln!(file, "{}", std::process::id())?;
            Ok(Ok(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // What cannot be read is not told.
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
}
