//! A lease as a record in a place with conditional writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use deployer_core::{Error, Kind, Result};

use crate::clock::Clock;
use crate::lease::{Attempt, Lease, Renewal, Terms};
use crate::ledger::Ledger;
use crate::record::{Holder, Record};
use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome};

/// A lease on one target, as a record in a place.
#[derive(Debug)]
pub struct StoredLease {
    place: Arc<dyn LeasePlace>,
    clock: Arc<dyn Clock>,
    name: String,
    target: String,
    holder: Holder,
    terms: Terms,
    ledger: Ledger,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// The highest sequence of a record that was tried. A renewal that arrives late is never mistaken for a later one.
    sequence: u64,
}

/// A lease that we hold.
#[derive(Debug, Clone)]
struct Held {
    stored: Stored,
    valid_until: Duration,
}

/// A record and its version in the place.
#[derive(Debug, Clone)]
struct Stored {
    record: Record,
    version: ObjectVersion,
}

/// The outcome of a write after every doubt was read back.
enum Written {
    Ours(ObjectVersion),
    Theirs(Option<Stored>),
}

impl StoredLease {
    /// A lease on `target` whose record is the object `name`. Each process has a holder ID of its own.
    pub fn new(
        place: Arc<dyn LeasePlace>,
        clock: Arc<dyn Clock>,
        name: &str,
        target: &str,
        holder: Holder,
        terms: Terms,
    ) -> Self {
        let (name, target) = (name.to_owned(), target.to_owned());
        Self { place, clock, name, target, holder, terms, ledger: Ledger::default(), state: Mutex::default() }
    }

    /// Uses what the process already knows of the lease, and adds to it. Without it, a lease knows what it has read itself.
    #[must_use]
    pub fn with_ledger(self, ledger: Ledger) -> Self {
        Self { ledger, ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each member is valid by itself, also after a panic between two assignments.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self) -> Result<Option<Stored>> {
        let Some(object) = self.place.get(&self.name).await? else { return Ok(None) };
        let record = Record::parse(&self.name, &self.target, &object.content)?;
        Ok(Some(Stored { record, version: object.version }))
    }

    /// Writes a record once. If the outcome is unknown and the record is not there, returns the error of the write.
    async fn write(&self, record: &Record, condition: PutCondition) -> Result<Written> {
        let was_absent = condition == PutCondition::Absent;
        let failure = match self.place.put(&self.name, record.to_bytes()?, condition).await {
            Ok(PutOutcome::Stored(version)) => return Ok(Written::Ours(version)),
            Ok(PutOutcome::ConditionFailed) => None,
            Err(error) => Some(error),
        };
        let current = match (self.read().await, &failure) {
            (Ok(current), _) => current,
            (Err(_), Some(failure)) => return Err(failure.clone()),
            (Err(error), None) => return Err(error),
        };
        match (current, failure) {
            (Some(current), _) if current.record == *record => Ok(Written::Ours(current.version)),
            // The write can still arrive later if the record is the one before it.
            (Some(current), Some(failure)) if current.record.sequence < record.sequence => Err(failure),
            (None, Some(failure)) if was_absent => Err(failure),
            (current, _) => Ok(Written::Theirs(current)),
        }
    }

    /// Remembers that we hold the lease, from the moment before the acknowledged request.
    fn hold(&self, record: Record, version: ObjectVersion, asked_at: Duration) {
        let valid_until = asked_at + self.terms.ttl.saturating_sub(self.terms.margin);
        let stored = Stored { record, version };
        self.state().held = Some(Held { stored, valid_until });
        self.ledger.hold(&self.target, valid_until);
    }

    /// Forgets that we hold the lease. Returns it.
    fn end(&self) -> Option<Held> {
        self.ledger.end(&self.target);
        self.state().held.take()
    }

    /// How long a version has been unchanged at `asked_at`, the moment before it was read.
    fn unchanged(&self, version: &ObjectVersion, asked_at: Duration) -> Duration {
        self.ledger.unchanged(&self.target, version, asked_at, self.clock.now())
    }

    fn busy(&self, stored: Stored, asked_at: Duration) -> Attempt {
        let unchanged = self.unchanged(&stored.version, asked_at);
        let takeover_in = self.takeover(&stored.record).saturating_sub(unchanged);
        Attempt::Busy { record: stored.record, unchanged, takeover_in }
    }

    /// How long a record must be unchanged before a takeover: its holder can have a longer ttl than ours.
    fn takeover(&self, record: &Record) -> Duration {
        self.terms.takeover().max(Terms::lasting(Duration::from_secs(record.ttl)).takeover())
    }

    /// Whether a record is still ours, under whatever version.
    fn is_ours(&self, record: &Record, epoch: u64) -> bool {
        record.is_held_by(&self.holder) && record.epoch == epoch
    }

    /// A sequence that no earlier record has: after the one that was read, and after all that were tried.
    fn next_sequence(&self, read: Option<&Record>) -> u64 {
        let mut state = self.state();
        state.sequence = state.sequence.max(read.map_or(0, |record| record.sequence)).saturating_add(1);
        state.sequence
    }

    /// The record after another, with us as the holder.
    fn held_after(&self, record: &Record) -> Record {
        let time = self.clock.unix_seconds();
        record.held_by(self.next_sequence(Some(record)), &self.holder, self.ttl(), time)
    }

    /// The record after another, without a holder.
    fn released_after(&self, record: &Record, epoch: u64) -> Record {
        record.released(epoch, self.next_sequence(Some(record)), self.clock.unix_seconds())
    }

    fn ttl(&self) -> u64 {
        self.terms.ttl.as_secs()
    }
}

#[async_trait]
impl Lease for StoredLease {
    async fn acquire(&self) -> Result<Attempt> {
        self.end();
        let read_at = self.clock.now();
        let current = self.read().await?;
        let (next, condition) = match current {
            None => {
                let (sequence, time) = (self.next_sequence(None), self.clock.unix_seconds());
                let holder = self.holder.clone();
                (Record::first(&self.target, sequence, holder, self.ttl(), time), PutCondition::Absent)
            }
            Some(stored) => {
                // A record of ours comes from a write whose outcome we never learned.
                let is_free = stored.record.holder.is_none() || stored.record.is_held_by(&self.holder);
                if !is_free && self.unchanged(&stored.version, read_at) < self.takeover(&stored.record) {
                    return Ok(self.busy(stored, read_at));
                }
                (self.held_after(&stored.record), PutCondition::Unchanged(stored.version))
            }
        };
        let asked_at = self.clock.now();
        match self.write(&next, condition).await? {
            Written::Ours(version) => {
                let epoch = next.epoch;
                self.hold(next, version, asked_at);
                Ok(Attempt::Held(epoch))
            }
            Written::Theirs(Some(stored)) => Ok(self.busy(stored, asked_at)),
            Written::Theirs(None) => {
                let message =
                    format!("{}: the record of the lease for {} was deleted", self.name, self.target);
                Err(Error::new(Kind::Conflict, message).with_hint("run again"))
            }
        }
    }

    async fn renew(&self) -> Result<Renewal> {
        let held =
            self.state().held.clone().ok_or_else(|| {
                Error::new(Kind::Refused, format!("the lease for {} is not held", self.target))
            })?;
        let mut stored = held.stored;
        loop {
            let next = self.held_after(&stored.record);
            let asked_at = self.clock.now();
            let written = self.write(&next, PutCondition::Unchanged(stored.version)).await?;
            match written {
                Written::Ours(version) => {
                    self.hold(next, version, asked_at);
                    return Ok(Renewal::Renewed);
                }
                // An earlier renewal of ours arrived late. None is under way now, so that this loop ends.
                Written::Theirs(Some(current)) if self.is_ours(&current.record, next.epoch) => {
                    stored = current
                }
                Written::Theirs(current) => {
                    self.end();
                    return Ok(Renewal::Lost(current.map(|stored| stored.record)));
                }
            }
        }
    }

    fn remaining(&self) -> Option<Duration> {
        let valid_until = self.state().held.as_ref()?.valid_until;
        valid_until.checked_sub(self.clock.now()).filter(|left| !left.is_zero())
    }

    async fn release(&self) -> Result<()> {
        let Some(held) = self.end() else { return Ok(()) };
        let mut stored = held.stored;
        loop {
            let epoch = stored.record.epoch;
            let next = self.released_after(&stored.record, epoch);
            match self.write(&next, PutCondition::Unchanged(stored.version)).await? {
                Written::Theirs(Some(current)) if self.is_ours(&current.record, epoch) => stored = current,
                Written::Ours(_) | Written::Theirs(_) => return Ok(()),
            }
        }
    }

    async fn inspect(&self) -> Result<Option<Record>> {
        let read_at = self.clock.now();
        let Some(stored) = self.read().await? else { return Ok(None) };
        self.unchanged(&stored.version, read_at);
        Ok(Some(stored.record))
    }

    async fn break_epoch(&self, epoch: u64) -> Result<()> {
        let refused = |cause: String| {
            let message = format!("break the lease for {} with epoch {epoch}", self.target);
            Error::new(Kind::Refused, message).with_cause(cause)
        };
        let stored = self.read().await?.ok_or_else(|| refused("nobody holds it".to_owned()))?;
        if stored.record.holder.is_none() {
            return Err(refused("nobody holds it".to_owned()));
        }
        if stored.record.epoch != epoch {
            return Err(refused(format!("its epoch is {}", stored.record.epoch)));
        }
        let next = self.released_after(&stored.record, epoch.saturating_add(1));
        match self.write(&next, PutCondition::Unchanged(stored.version)).await? {
            Written::Ours(_) => Ok(()),
            Written::Theirs(_) => Err(refused("it changed at the same time".to_owned())),
        }
    }
}
