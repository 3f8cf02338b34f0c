//! The record of a lease: one object per target.

use deployer_core::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// The format that this version of the program writes.
const FORMAT: u64 = 1;

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// A random ID of the process.
    pub id: String,
    /// The user and machine, or the link of the pipeline, for messages.
    pub name: String,
    /// The command that runs, such as `deploy` or `watch`.
    pub purpose: String,
    /// The ID of the process on its machine.
    pub process: u32,
    /// The version of the program.
    pub version: String,
}

/// The record of a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    format: u64,
    /// The location of the target.
    pub target: String,
    /// Grows with each new holder, and never falls.
    pub epoch: u64,
    /// Grows with each attempt to write, so that no two records of a target are equal: some places derive versions from content.
    pub sequence: u64,
    /// `None` if nobody holds the lease.
    pub holder: Option<Holder>,
    /// How long the holder may be silent, in seconds.
    pub ttl: u64,
    /// When the holder acquired the lease, in seconds since 1970, for people only.
    pub acquired: u64,
    /// When the record was written, in seconds since 1970, for people only.
    pub renewed: u64,
}

/// The first member of every format.
#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl Record {
    /// The first record of a target.
    pub(crate) fn first(target: &str, sequence: u64, holder: Holder, ttl: u64, time: u64) -> Self {
        let holder = Some(holder);
        let target = target.to_owned();
        Self { format: FORMAT, target, epoch: 1, sequence, holder, ttl, acquired: time, renewed: time }
    }

    /// The record after this one with a holder. The epoch grows if the holder is a new one.
    pub(crate) fn held_by(&self, sequence: u64, holder: &Holder, ttl: u64, time: u64) -> Self {
        let is_same = self.is_held_by(holder);
        Self {
            epoch: if is_same { self.epoch } else { self.epoch.saturating_add(1) },
            sequence,
            holder: Some(holder.clone()),
            ttl,
            acquired: if is_same { self.acquired } else { time },
            renewed: time,
            ..self.clone()
        }
    }

    /// The record after this one without a holder.
    pub(crate) fn released(&self, epoch: u64, sequence: u64, time: u64) -> Self {
        Self { epoch, sequence, holder: None, renewed: time, ..self.clone() }
    }

    /// Whether a holder has the lease.
    pub(crate) fn is_held_by(&self, holder: &Holder) -> bool {
        self.holder.as_ref().is_some_and(|other| other.id == holder.id)
    }

    /// The content of the object.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
            .map_err(|error| Error::new(Kind::Bug, "write the record of a lease").with_cause(error))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// `Refused` for the format of a newer version of the program; `Unexpected` for anything else that is no record of this target.
    pub(crate) fn parse(name: &str, target: &str, content: &[u8]) -> Result<Self> {
        let invalid = |cause: String| {
            Error::new(Kind::Unexpected, format!("{name}: invalid record of the lease for {target}"))
                .with_cause(cause)
                .with_hint("restore an earlier version of the object")
                .with_hint(
                    "if there is none and no run deploys to this target, delete it with the other objects of the target: \
                     they have higher epochs than the next lease",
                )
        };
        let Format { format } =
            serde_json::from_slice(content).map_err(|error| invalid(error.to_string()))?;
        if format > FORMAT {
            let message =
                format!("{name}: a newer version wrote this record (format {format}, expected {FORMAT})");
            return Err(Error::new(Kind::Refused, message).with_hint("update sesam-deployer"));
        }
        let record: Self = serde_json::from_slice(content).map_err(|error| invalid(error.to_string()))?;
        if record.target != target {
            return Err(invalid(format!("its target is {}", record.target)));
        }
        Ok(record)
    }
}
