//! Leases: one run at a time writes to a target, also when runs are on several machines. Rules over an injected clock and an injected
//! place; no socket and no file.

mod clock;
mod lease;
mod ledger;
mod record;
mod stored;

pub use clock::{Clock, SystemClock};
pub use lease::{Attempt, Lease, Renewal, Terms};
pub use ledger::Ledger;
pub use record::{Holder, Record};
pub use stored::StoredLease;
