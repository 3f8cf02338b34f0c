//! The fake as tests see it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::state::{Delivery, Failure, File, Message, State, UPLOAD};

/// The fake; clones share its state.
#[derive(Debug, Clone, Default)]
pub struct FakeSlack {
    state: Arc<Mutex<State>>,
}

impl FakeSlack {
    /// A workspace without channels that accepts no token yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts a bot token.
    pub fn token(&self, token: &str) {
        self.lock().tokens.push(token.to_owned());
    }

    /// Adds a channel by name, without `#`, and returns its id.
    pub fn channel(&self, name: &str) -> String {
        let mut state = self.lock();
        let id = format!("C{:08}", state.channels.len() + 1);
        state.channels.push((id.clone(), name.to_owned()));
        id
    }

    /// Answers the next calls of a method, such as `chat.postMessage`, with `ok: false` and an error name.
    pub fn refuse(&self, method: &str, error: &str, times: usize) {
        self.fail(method, Failure::Refused(error.to_owned()), times);
    }

    /// Answers the next calls of a method with 429 and `Retry-After` in seconds.
    pub fn limit(&self, method: &str, retry_after: u32, times: usize) {
        self.fail(method, Failure::Limited(retry_after), times);
    }

    /// Answers the next uploads of bytes with 500.
    pub fn fail_uploads(&self, times: usize) {
        self.fail(UPLOAD, Failure::Refused("upload_failed".to_owned()), times);
    }

    /// Everything delivered, in order of arrival.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.lock().deliveries.clone()
    }

    /// The bodies of all calls and uploads, refused ones too, in order of arrival.
    pub fn received(&self) -> Vec<Vec<u8>> {
        self.lock().received.clone()
    }

    /// The messages among the deliveries.
    pub fn messages(&self) -> Vec<Message> {
        let messages = self.deliveries().into_iter().filter_map(|delivery| match delivery {
            Delivery::Message(message) => Some(message),
            Delivery::File(_) => None,
        });
        messages.collect()
    }

    /// The files among the deliveries.
    pub fn files(&self) -> Vec<File> {
        let files = self.deliveries().into_iter().filter_map(|delivery| match delivery {
            Delivery::File(file) => Some(file),
            Delivery::Message(_) => None,
        });
        files.collect()
    }

    fn fail(&self, method: &str, failure: Failure, times: usize) {
        self.lock().failures.extend(std::iter::repeat_n((method.to_owned(), failure), times));
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
