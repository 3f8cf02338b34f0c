//! Work on many things, shared among threads.

/// The number of items, each a file or an entity, that justifies another thread.
const PER_WORKER: usize = 256;

/// Cuts items into a share for each thread, works on all shares at once, and returns the results in the order of the items.
pub(crate) fn in_shares<'a, T: Sync, R: Send>(items: &'a [T], work: impl Fn(&'a [T]) -> R + Sync) -> Vec<R> {
    at_once(items.chunks(share(items.len(), PER_WORKER)), work)
}

/// As [`in_shares`], for items that the work changes. `per_worker` items justify another thread.
pub(crate) fn in_shares_mut<'a, T: Send, R: Send>(
    items: &'a mut [T],
    per_worker: usize,
    work: impl Fn(&'a mut [T]) -> R + Sync,
) -> Vec<R> {
    let share = share(items.len(), per_worker);
    at_once(items.chunks_mut(share), work)
}

/// The results of all shares as one list.
pub(crate) fn concatenated<T>(shares: Vec<Vec<T>>) -> Vec<T> {
    let mut shares = shares.into_iter();
    let mut all = shares.next().unwrap_or_default();
    shares.for_each(|mut share| all.append(&mut share));
    all
}

/// The number of items for each thread.
fn share(items: usize, per_worker: usize) -> usize {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(items / per_worker + 1);
    items.div_ceil(workers).max(1)
}

/// Works on all shares at once, on the first one in this thread.
fn at_once<S: Default + Send, R: Send>(
    mut shares: impl Iterator<Item = S>,
    work: impl Fn(S) -> R + Sync,
) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|items| scope.spawn(move || work(items))).collect();
        let first = work(first);
        let others = others
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(first).chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items_for_every_number_of_them() {
        for number in [0, 1, PER_WORKER - 1, PER_WORKER, 5 * PER_WORKER + 1] {
            let mut items: Vec<usize> = (0..number).collect();
            let copied: Vec<usize> = concatenated(in_shares(&items, <[usize]>::to_vec));
            assert_eq!(copied, items);
            let before: Vec<usize> = concatenated(in_shares_mut(&mut items, 1, |share| {
                share.iter_mut().map(|item| std::mem::replace(item, *item + 1)).collect()
            }));
            assert_eq!(before, copied);
            assert!(items.into_iter().eq(1..=number));
        }
    }
}
