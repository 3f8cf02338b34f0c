//! The clock of a lease.

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that never goes back.
pub trait Clock: Debug + Send + Sync {
    /// The time since any fixed moment. It includes the time in which the machine sleeps.
    fn now(&self) -> Duration;

    /// The seconds since 1970, for people only. No rule compares them.
    fn unix_seconds(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(unix)]
impl Clock for SystemClock {
    fn now(&self) -> Duration {
        // `Instant` stops while Linux sleeps. The monotonic clock of other Unix systems does not.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const COUNTS_SLEEP: rustix::time::ClockId = rustix::time::ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const COUNTS_SLEEP: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
        Duration::try_from(rustix::time::clock_gettime(COUNTS_SLEEP)).unwrap_or_default()
    }
}

#[cfg(not(unix))]
impl Clock for SystemClock {
    fn now(&self) -> Duration {
        use std::sync::LazyLock;
        use std::time::Instant;
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}
