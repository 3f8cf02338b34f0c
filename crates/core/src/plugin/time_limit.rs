//! The time limit of a call to a plugin, and what does not count towards it.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

tokio::task_local! {
    /// How many guards of the current call stop its clock.
    static GUARDS: watch::Sender<usize>;
}

/// Runs a call and returns `None` when it takes longer than `limit`. Time under [`self_limited`] does not count.
pub async fn within<T>(limit: Duration, call: impl Future<Output = T>) -> Option<T> {
    let (guards, seen) = watch::channel(0);
    tokio::select! {
        biased;
        answer = GUARDS.scope(guards, call) => Some(answer),
        () = used_up(limit, seen) => None,
    }
}

/// Returns when the clock of a call has run for so long.
async fn used_up(limit: Duration, mut guards: watch::Receiver<usize>) {
    let mut left = limit;
    loop {
        let ended = guards.wait_for(|guards| *guards == 0).await.is_err();
        if ended {
            return std::future::pending().await;
        }
        let started = Instant::now();
        tokio::select! {
            () = tokio::time::sleep(left) => return,
            // Without the reference to the value, so that a call can run in a task of its own.
            ended = async { guards.wait_for(|guards| *guards > 0).await.is_err() } => {
                if ended {
                    return std::future::pending().await;
                }
                left = left.saturating_sub(started.elapsed());
            }
        }
    }
}

/// Stops the clock of the runner's current call until the guard is dropped, for work that has a time limit of its own: a request with
/// `timeout_seconds`, for example. This way the plugin's own setting decides, whatever the runner's limit is.
///
/// Without effect outside of a call, and in another task than the call's.
pub fn self_limited() -> SelfLimited {
    let guards = GUARDS.try_with(watch::Sender::clone).ok();
    if let Some(guards) = &guards {
        guards.send_modify(|guards| *guards += 1);
    }
    SelfLimited { guards }
}

/// Work with a time limit of its own: see [`self_limited`].
#[derive(Debug)]
#[must_use = "the clock runs again as soon as the guard is dropped"]
pub struct SelfLimited {
    guards: Option<watch::Sender<usize>>,
}

impl Drop for SelfLimited {
    fn drop(&mut self) {
        if let Some(guards) = &self.guards {
            guards.send_modify(|guards| *guards -= 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(120);

    async fn takes(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_at_its_limit() {
        assert_eq!(within(LIMIT, async { takes(119).await }).await, Some(()));
        let started = Instant::now();
        assert_eq!(within(LIMIT, std::future::pending::<()>()).await, None);
        assert_eq!(started.elapsed().as_secs(), 120);
    }

    #[tokio::test(start_paused = true)]
    async fn time_with_a_limit_of_its_own_does_not_count() {
        let request = async |seconds| {
            let _limited = self_limited();
            takes(seconds).await;
        };
        let call = async {
            takes(60).await;
            tokio::join!(request(900), request(500));
            takes(59).await;
        };
        assert_eq!(within(LIMIT, call).await, Some(()));
        let call = async {
            takes(60).await;
            request(900).await;
            takes(61).await;
        };
        let started = Instant::now();
        assert_eq!(within(LIMIT, call).await, None);
        assert_eq!(started.elapsed().as_secs(), 1020);
    }

    #[tokio::test(start_paused = true)]
    async fn outside_of_a_call_the_guard_has_no_effect() {
        let _limited = self_limited();
        assert_eq!(within(LIMIT, std::future::pending::<()>()).await, None);
    }
}
