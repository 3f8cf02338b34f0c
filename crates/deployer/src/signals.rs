//! SIGINT and SIGTERM.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// Which signal asked the run to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals(Arc<AtomicU8>);

const INTERRUPT: u8 = 1;
const TERMINATE: u8 = 2;

impl Signals {
    /// Cancels `cancel` at the first SIGINT or SIGTERM. Must be called inside the runtime.
    #[cfg(unix)]
    pub(crate) fn watch(&self, cancel: CancellationToken) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let seen = Arc::clone(&self.0);
        tokio::spawn(async move {
            let which = tokio::select! {
                _ = interrupt.recv() => INTERRUPT,
                _ = terminate.recv() => TERMINATE,
            };
            seen.store(which, Ordering::Relaxed);
            cancel.cancel();
        });
        Ok(())
    }

    /// Cancels `cancel` at the first Ctrl-C. Must be called inside the runtime.
    #[cfg(not(unix))]
    pub(crate) fn watch(&self, cancel: CancellationToken) -> std::io::Result<()> {
        let seen = Arc::clone(&self.0);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                seen.store(INTERRUPT, Ordering::Relaxed);
                cancel.cancel();
            }
        });
        Ok(())
    }

    /// The exit code: that of the signal where a run that did not come to its end was asked to stop.
    pub(crate) fn exit(&self, exit: Exit) -> Exit {
        match (exit, self.0.load(Ordering::Relaxed)) {
            (Exit::Interrupted | Exit::Failed, TERMINATE) => Exit::Terminated,
            (Exit::Failed, INTERRUPT) => Exit::Interrupted,
            (exit, _) => exit,
        }
    }
}
