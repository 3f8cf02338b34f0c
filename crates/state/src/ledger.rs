//! What a process knows of leases between its runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_core::traits::ObjectVersion;

/// The leases of one place as a process knows them, by target: which it has, and since when it has seen the records of other runs
/// unchanged. Clones are the same ledger. All its leases use one clock.
///
/// A takeover counts from the first read of a record, so that a process that looks at a lease before it needs it waits no second time.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Debug, Default)]
struct Entry {
    /// Until when this process has the lease.
    valid_until: Option<Duration>,
    seen: Option<Seen>,
}

/// The version that another run wrote last, and when we first read it.
#[derive(Debug)]
struct Seen {
    version: ObjectVersion,
    since: Duration,
}

impl Ledger {
    /// The targets that the process has looked at, and whether it has the lease of each.
    pub fn held(&self, now: Duration) -> BTreeMap<String, bool> {
        let is_held = |entry: &Entry| entry.valid_until.is_some_and(|until| now < until);
        self.lock().iter().map(|(target, entry)| (target.clone(), is_held(entry))).collect()
    }

    /// The process has the lease, until a moment.
    pub(crate) fn hold(&self, target: &str, valid_until: Duration) {
        self.change(target, |entry| *entry = Entry { valid_until: Some(valid_until), seen: None });
    }

    /// The process does not have the lease any more.
    pub(crate) fn end(&self, target: &str) {
        self.change(target, |entry| entry.valid_until = None);
    }

    /// How long a version had been unchanged at `asked_at`, the moment before it was read. The read has ended `now`.
    pub(crate) fn unchanged(
        &self,
        target: &str,
        version: &ObjectVersion,
        asked_at: Duration,
        now: Duration,
    ) -> Duration {
        self.change(target, |entry| match &entry.seen {
            Some(seen) if seen.version == *version => asked_at.saturating_sub(seen.since),
            _ => {
                entry.seen = Some(Seen { version: version.clone(), since: now });
                Duration::ZERO
            }
        })
    }

    fn change<T>(&self, target: &str, change: impl FnOnce(&mut Entry) -> T) -> T {
        change(self.lock().entry(target.to_owned()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Each entry is valid by itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
