//! Work that blocks a thread, inside of async code.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::task::{JoinError, spawn_blocking};

use crate::error::{Error, Kind, Result};

/// Runs work that waits for the disk or computes for long on a thread for such work. `attempted` names the work for messages, such as
/// `read files`.
///
/// # Errors
/// Those of the work; `Interrupted` if the program ends before the work begins; `Bug` if it panics.
pub async fn blocking<T: Send + 'static>(
    attempted: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|ended| Err(broken_off(attempted, &ended)))
}

/// Runs work on many items as [`blocking`] does, on several threads: each gets a share of the items, because a thread per item would cost
/// more than most work. `per_thread` is the number of items for which another thread is worth its start. `work` returns one answer per
/// item, in the order of its share; so does this function, for all items.
pub async fn blocking_shares<I, T, F>(
    attempted: &str,
    items: &[I],
    per_thread: usize,
    work: F,
) -> Vec<Result<T>>
where
    I: Clone + Send + 'static,
    T: Send + 'static,
    F: Fn(&[I]) -> Vec<Result<T>> + Send + Sync + 'static,
{
    let threads = available_parallelism().map_or(1, usize::from).min(items.len().div_ceil(per_thread.max(1)));
    let share = items.len().div_ceil(threads.max(1)).max(1);
    let work = Arc::new(work);
    let start = |items: &[I]| {
        let (work, items) = (Arc::clone(&work), items.to_vec());
        spawn_blocking(move || work(&items))
    };
    // All threads start before the first wait.
    let running: Vec<_> = items.chunks(share).map(|items| (items.len(), start(items))).collect();
    let mut answers = Vec::with_capacity(items.len());
    for (number, task) in running {
        match task.await {
            Ok(some) => answers.extend(some),
            Err(ended) => answers.extend((0..number).map(|_| Err(broken_off(attempted, &ended)))),
        }
    }
    answers
}

fn broken_off(attempted: &str, ended: &JoinError) -> Error {
    if ended.is_panic() {
        return Error::new(Kind::Bug, format!("{attempted}: the program failed")).with_cause("a panic");
    }
    Error::new(Kind::Interrupted, format!("{attempted}: the program is ending"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_are_in_the_order_of_the_items_for_every_number_of_them() {
        for number in [0, 1, 9, 10, 11, 1_000] {
            let items: Vec<usize> = (0..number).collect();
            let work = |items: &[usize]| items.iter().map(|item| Ok(item * 2)).collect();
            let answers = blocking_shares("count", &items, 10, work).await;
            let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(answers.into_iter().collect::<Result<Vec<_>>>().expect("all work"), expected);
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_error_that_names_the_work() {
        let error = blocking::<()>("read files", || panic!("on purpose")).await.expect_err("a panic");
        assert_eq!((error.kind(), error.message()), (Kind::Bug, "read files: the program failed"));
        let answers = blocking_shares::<_, (), _>("read files", &[1, 2], 1, |_| panic!("on purpose")).await;
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(Result::is_err));
    }
}
