//! SIGHUP, which asks to read the settings again.

use deployer_core::Result;

/// SIGHUP.
pub(super) struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangup {
    /// Waits for the signal from now on.
    #[cfg(unix)]
    pub(super) fn new() -> Result<Self> {
        use deployer_core::{Error, Kind};
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        signal.map(Self).map_err(|error| Error::new(Kind::Io, "watch for SIGHUP").with_cause(error))
    }

    /// There is no such signal.
    #[cfg(not(unix))]
    pub(super) fn new() -> Result<Self> {
        Ok(Self())
    }

    /// Returns at the next signal.
    pub(super) async fn received(&mut self) {
        #[cfg(unix)]
        self.0.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
