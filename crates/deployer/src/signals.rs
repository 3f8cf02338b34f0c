//! SIGINT, SIGTERM and SIGHUP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// The signal that asked the run to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals(Arc<AtomicU8>);

const INTERRUPT: u8 = 1;
const TERMINATE: u8 = 2;

impl Signals {
    /// Cancels `cancel` at the first SIGINT or SIGTERM, or SIGHUP if `hangup_ends`. Must be called inside the runtime.
    #[cfg(unix)]
    pub(crate) fn watch(&self, cancel: CancellationToken, hangup_ends: bool) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        // A run that `nohup` started goes on without its terminal.
        let mut hangup =
            if !hangup_ends || is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        let seen = Arc::clone(&self.0);
        tokio::spawn(async move {
            let which = tokio::select! {
                _ = interrupt.recv() => INTERRUPT,
                _ = terminate.recv() => TERMINATE,
                _ = received(&mut hangup) => TERMINATE,
            };
            seen.store(which, Ordering::Relaxed);
            cancel.cancel();
        });
        Ok(())
    }

    /// Cancels `cancel` at the first Ctrl-C. Must be called inside the runtime.
    #[cfg(not(unix))]
    pub(crate) fn watch(&self, cancel: CancellationToken, _: bool) -> std::io::Result<()> {
        let seen = Arc::clone(&self.0);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                seen.store(INTERRUPT, Ordering::Relaxed);
                cancel.cancel();
            }
        });
        Ok(())
    }

    /// The exit code: that of the signal if it stopped the run before its end.
    pub(crate) fn exit(&self, exit: Exit) -> Exit {
        match (exit, self.0.load(Ordering::Relaxed)) {
            (Exit::Interrupted | Exit::Failed, TERMINATE) => Exit::Terminated,
            (Exit::Failed, INTERRUPT) => Exit::Interrupted,
            (exit, _) => exit,
        }
    }
}

/// Waits for a signal; forever if it is ignored.
#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether the process was started with SIGHUP ignored, as far as the system says.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
