//! The locks of targets, for the command `lock`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deployer_core::model::NodeName;
use deployer_core::traits::LeasePlace;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use deployer_state::{Lease, Ledger, Record, Terms};
use futures::future::join_all;

use super::acquire::lease;
use super::file_locks;
use super::holder::nobody;
use super::mechanism::Mechanism;
use super::names::Targets;

/// The lock of a target.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) node: NodeName,
    pub(crate) target: String,
    /// Who has it; `None` if nobody has.
    pub(crate) holder: Option<LockHolder>,
    /// The number of the last holder; `None` if nobody ever had the lease, and for a file.
    pub(crate) epoch: Option<u64>,
}

/// Who has a lock.
#[derive(Debug)]
pub(crate) struct LockHolder {
    /// The user and machine, or the process.
    pub(crate) name: String,
    /// The command; `None` if that is unknown.
    pub(crate) purpose: Option<String>,
    pub(crate) process: Option<String>,
    pub(crate) acquired: Option<SystemTime>,
    /// When it was renewed; `None` for a file, which the system unlocks when its process ends.
    pub(crate) renewed: Option<SystemTime>,
}

/// The locks of targets, in the order of the nodes. An error stands for one that cannot be read.
pub(crate) async fn list_locks(
    mechanism: &Mechanism,
    targets: &Targets,
    runner: &Runner,
) -> Vec<Result<Lock>> {
    let one = |node: &NodeName, target: &str| {
        let (node, target) = (node.clone(), target.to_owned());
        async move {
            match mechanism {
                Mechanism::Files(folder) => file_locks::inspect(folder, &target)
                    .map_err(|error| {
                        Error::new(Kind::Io, format!("read the lock for {target}")).with_cause(error)
                    })
                    .map(|locked| of_file(&node, &target, locked)),
                Mechanism::Leases(place) => {
                    record(place, &target, runner).await.map(|record| of_record(&node, &target, record))
                }
            }
        }
    };
    join_all(targets.iter().map(|(node, target)| one(node, target))).await
}

async fn record(place: &Arc<dyn LeasePlace>, target: &str, runner: &Runner) -> Result<Option<Record>> {
    let lease = unheld(place, target);
    runner.read(&format!("read the lease for {target}"), || lease.inspect()).await
}

/// Takes the lease for a target away from the holder with an epoch.
///
/// # Errors
/// `Refused` for locked files, and when the lease is not held with this epoch; when the outcome is unknown.
pub(crate) async fn break_lock(mechanism: &Mechanism, target: &str, epoch: u64) -> Result<()> {
    match mechanism {
        Mechanism::Leases(place) => unheld(place, target).break_epoch(epoch).await,
        Mechanism::Files(folder) => {
            let message = format!("the locks in {} cannot be broken", folder.display());
            Err(Error::new(Kind::Refused, message)
                .with_cause("the system releases each when its process ends")
                .with_hint("end the process that `lock` names"))
        }
    }
}

/// A lease that is not acquired.
fn unheld(place: &Arc<dyn LeasePlace>, target: &str) -> Box<dyn Lease> {
    lease(place, target, &nobody(), Terms::default(), &Ledger::default())
}

fn of_file(node: &NodeName, target: &str, locked: Option<file_locks::LockedBy>) -> Lock {
    let holder = locked.map(|by| LockHolder {
        name: format!("process {}", by.process),
        purpose: None,
        process: Some(by.process),
        acquired: by.since,
        renewed: None,
    });
    Lock { node: node.clone(), target: target.to_owned(), holder, epoch: None }
}

fn of_record(node: &NodeName, target: &str, record: Option<Record>) -> Lock {
    // Whoever can write to the place decides about its numbers.
    let time = |seconds: u64| UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let epoch = record.as_ref().map(|record| record.epoch);
    let holder = record.and_then(|record| {
        let holder = record.holder?;
        Some(LockHolder {
            name: holder.name,
            purpose: Some(holder.purpose),
            process: Some(holder.process.to_string()),
            acquired: time(record.acquired),
            renewed: time(record.renewed),
        })
    });
    Lock { node: node.clone(), target: target.to_owned(), holder, epoch }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_any_numbers_can_be_shown() {
        let record = |time: u64| {
            let text = format!(
                r#"{{"format": 1, "target": "t", "epoch": {time}, "sequence": {time}, "ttl": {time}, "acquired": {time},
                    "renewed": {time}, "holder": {{"id": "7", "name": "n", "purpose": "p", "process": 9, "version": "1"}}}}"#
            );
            of_record(&"master".into(), "t", Some(serde_json::from_str(&text).expect("a record")))
        };
        let holder = record(60).holder.expect("somebody has it");
        assert_eq!(holder.acquired, Some(UNIX_EPOCH + Duration::from_secs(60)));
        let holder = record(u64::MAX).holder.expect("somebody has it");
        assert_eq!((holder.acquired, holder.renewed), (None, None));
    }
}
