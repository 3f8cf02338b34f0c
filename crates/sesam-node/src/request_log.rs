//! The log of accepted requests, for tests. It never contains a body or a header.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of requests that the log keeps.
const LENGTH: usize = 100_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The method in upper case, such as `PUT`.
    pub method: String,
    /// Path and query as received, percent-encoded, such as `/api/config?force=false`.
    pub target: String,
    /// The status of the response; `None` if there is no response yet, or if the client disconnected.
    pub status: Option<u16>,
    /// The announced length of the body in bytes; `None` for a request without a body or with a chunked one.
    pub content_length: Option<u64>,
}

/// The latest requests, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    requests: VecDeque<LoggedRequest>,
    /// The number of requests before the first one here.
    removed: usize,
}

impl RequestLog {
    pub(crate) fn entries(&self) -> Vec<LoggedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.lock();
        entries.removed += entries.requests.len();
        entries.requests.clear();
    }

    /// Adds a request and returns its number.
    pub(crate) fn begin(&self, request: LoggedRequest) -> usize {
        let mut entries = self.lock();
        if entries.requests.len() == LENGTH {
            entries.requests.pop_front();
            entries.removed += 1;
        }
        entries.requests.push_back(request);
        entries.removed + entries.requests.len() - 1
    }

    /// Sets the status of a request that is still in the log.
    pub(crate) fn finish(&self, number: usize, status: u16) {
        let mut entries = self.lock();
        let Some(index) = number.checked_sub(entries.removed) else { return };
        if let Some(request) = entries.requests.get_mut(index) {
            request.status = Some(status);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: usize) -> LoggedRequest {
        LoggedRequest {
            method: "GET".to_owned(),
            target: format!("/api/{number}"),
            status: None,
            content_length: None,
        }
    }

    #[test]
    fn the_log_keeps_the_latest_requests() {
        let log = RequestLog::default();
        let numbers: Vec<usize> = (0..=LENGTH).map(|number| log.begin(request(number))).collect();
        log.finish(numbers[0], 500);
        log.finish(numbers[LENGTH], 200);
        let entries = log.entries();
        assert_eq!(entries.len(), LENGTH);
        assert_eq!((&*entries[0].target, entries[0].status), ("/api/1", None));
        assert_eq!(entries[LENGTH - 1].status, Some(200));
        log.clear();
        log.finish(numbers[LENGTH], 500);
        assert!(log.entries().is_empty());
    }
}
