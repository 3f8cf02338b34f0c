//! What a server was asked, in order, and what can be counted from it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

/// One request as the server saw it. Bodies and headers are never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in order of arrival, from 0.
    pub sequence: usize,
    /// The HTTP method, as sent.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// The status of the answer; `None` while waiting, and when the connection was cut instead.
    pub status: Option<u16>,
    /// Length of the request's body in bytes, as far as it was read.
    pub request_bytes: usize,
    /// SHA-256 of the request's body in hexadecimal; empty when the body was not read to its end.
    pub body_hash: String,
    /// Length of the answer's body in bytes.
    pub answer_bytes: usize,
    /// Requests in flight when this one arrived, itself included.
    pub in_flight: usize,
    /// When it arrived, on the log's own clock: each arrival and each end is one tick.
    pub started: u64,
    /// When it was answered or cut, on the same clock; `None` while waiting.
    pub ended: Option<u64>,
}

impl Entry {
    /// Whether method and path (without the query) are these.
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path_only() == path
    }

    /// The path without its query.
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or(&self.path)
    }
}

#[derive(Debug, Default)]
struct State {
    entries: Vec<Entry>,
    clock: u64,
    in_flight: usize,
}

/// The ordered record of a server's requests; clones share it.
#[derive(Debug, Clone, Default)]
pub struct RequestLog {
    state: Arc<Mutex<State>>,
}

impl RequestLog {
    /// All requests so far, in order of arrival.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// The requests of one method whose path (without query) starts with a prefix.
    pub fn matching(&self, method: &str, prefix: &str) -> Vec<Entry> {
        self.lock()
            .entries
            .iter()
            .filter(|e| e.method == method && e.path.starts_with(prefix))
            .cloned()
            .collect()
    }

    /// Forgets all requests so far. Those still in flight are not recorded any more.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.entries.clear();
    }

    /// The most requests that were in flight at once.
    pub fn most_in_flight(&self) -> usize {
        self.lock().entries.iter().map(|entry| entry.in_flight).max().unwrap_or(0)
    }

    /// The longest chain of round trips that followed one another, over the requests that `counts` accepts.
    ///
    /// It is the largest set of requests of which none overlaps another in time. Meaningful with a round-trip
    /// delay set: without one, even concurrent requests may be answered before the next arrives.
    pub fn longest_chain(&self, counts: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        longest_chain(self.entries().into_iter().filter(|entry| counts(entry)).collect())
    }

    pub(super) fn begin(&self, method: &str, path: &str) -> Open {
        let mut state = self.lock();
        state.clock += 1;
        state.in_flight += 1;
        let entry = Entry {
            sequence: state.entries.len(),
            method: method.to_owned(),
            path: path.to_owned(),
            status: None,
            request_bytes: 0,
            body_hash: String::new(),
            answer_bytes: 0,
            in_flight: state.in_flight,
            started: state.clock,
            ended: None,
        };
        let started = entry.started;
        state.entries.push(entry);
        drop(state);
        Open { log: self.clone(), started }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The earliest end that starts after the last taken end: the classic greedy choice for disjoint intervals.
fn longest_chain(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| entry.ended.unwrap_or(u64::MAX));
    let mut chain: Vec<Entry> = Vec::new();
    let mut free_from = 0;
    for entry in entries {
        if entry.started > free_from {
            free_from = entry.ended.unwrap_or(u64::MAX);
            chain.push(entry);
        }
    }
    chain
}

/// A request in flight. Dropping it ends it, so that a client that goes away leaves no request open.
#[derive(Debug)]
pub(super) struct Open {
    log: RequestLog,
    started: u64,
}

impl Open {
    pub(super) fn body(&self, bytes: &[u8]) {
        let hash = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        self.update(|entry| {
            entry.request_bytes = bytes.len();
            entry.body_hash = hash;
        });
    }

    pub(super) fn partial_body(&self, length: usize) {
        self.update(|entry| entry.request_bytes = length);
    }

    pub(super) fn answered(self, status: u16, answer_bytes: usize) {
        self.update(|entry| {
            entry.status = Some(status);
            entry.answer_bytes = answer_bytes;
        });
    }

    /// Entries are found by their start, which is unique and increasing also across `clear`.
    fn update(&self, change: impl FnOnce(&mut Entry)) {
        let mut state = self.log.lock();
        if let Ok(index) = state.entries.binary_search_by_key(&self.started, |entry| entry.started) {
            change(&mut state.entries[index]);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.log.lock();
        state.clock += 1;
        state.in_flight -= 1;
        let now = state.clock;
        drop(state);
        self.update(|entry| entry.ended = Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_requests_count_once_in_the_longest_chain() {
        let log = RequestLog::default();
        let first = log.begin("GET", "/login");
        first.answered(200, 0);
        let (left, right) = (log.begin("GET", "/a"), log.begin("GET", "/b"));
        left.answered(200, 0);
        right.answered(200, 0);
        log.begin("PUT", "/c?force=true").answered(200, 0);

        let chain: Vec<String> = log.longest_chain(|_| true).into_iter().map(|entry| entry.path).collect();
        assert_eq!(chain, ["/login", "/a", "/c?force=true"]);
        assert_eq!(log.longest_chain(|entry| entry.path != "/login").len(), 2);
        assert_eq!(log.most_in_flight(), 2);
        assert!(log.entries()[3].is("PUT", "/c"));
    }

    #[test]
    fn clearing_keeps_the_count_of_requests_in_flight() {
        let log = RequestLog::default();
        let open = log.begin("GET", "/slow");
        log.clear();
        let second = log.begin("GET", "/next");
        drop(open);
        second.body(b"abc");
        second.answered(204, 0);
        let entries = log.entries();
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].in_flight, entries[0].request_bytes, entries[0].status), (2, 3, Some(204)));
        assert!(entries[0].body_hash.starts_with("ba7816bf"));
    }
}
