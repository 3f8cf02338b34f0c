//! Work on many things, shared among threads.

/// The number of items, each a file or an entity, that justifies another thread.
const PER_WORKER: usize = 256;

/// Cuts items into a share for each thread, works on all shares at once, and returns the results in the order of the items.
pub(crate) fn in_shares<'a, T: Sync, R: Send>(items: &'a [T], work: impl Fn(&'a [T]) -> R + Sync) -> Vec<R> {
    let workers =
        std::thread::available_parallelism().map_or(1, usize::from).min(items.len() / PER_WORKER + 1);
    let share = items.len().div_ceil(workers).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let mut shares = items.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|items| scope.spawn(move || work(items))).collect();
        let first = work(first);
        let others = others
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(first).chain(others).collect()
    })
}
