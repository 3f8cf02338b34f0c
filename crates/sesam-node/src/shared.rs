//! The part of a node that its clones and its routes share.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use secrecy::SecretString;

use crate::request_log::RequestLog;
use crate::runner::Runs;
use crate::state::contents::Contents;
use crate::storage::Storage;
use crate::switches::Rules;

/// The shared part of a node.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) jwt: Option<SecretString>,
    pub(crate) rules: Rules,
    pub(crate) requests: RequestLog,
    pub(crate) runs: Runs,
    /// The time of the last start or restart.
    started: Mutex<Timestamp>,
    contents: Mutex<Contents>,
    storage: Option<Storage>,
}

impl Shared {
    pub(crate) fn new(
        jwt: Option<SecretString>,
        rules: Rules,
        contents: Contents,
        storage: Option<Storage>,
        runs: Runs,
    ) -> Self {
        Self {
            jwt,
            rules,
            runs,
            requests: RequestLog::default(),
            started: Mutex::new(Timestamp::now()),
            contents: Mutex::new(contents),
            storage,
        }
    }

    /// The current contents. Changes through this lock are lost at a restart.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current contents, to read without the lock.
    pub(crate) fn read(&self) -> Contents {
        self.lock().clone()
    }

    /// Changes the contents at once. After an error of `change` or of the data directory they are unchanged. Writing to the disk blocks
    /// the calling thread.
    pub(crate) fn change<T, E: From<io::Error>>(
        &self,
        change: impl FnOnce(&mut Contents) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut contents = self.lock();
        let mut next = contents.clone();
        let result = change(&mut next)?;
        if let Some(storage) = &self.storage {
            storage.write(&contents, &next)?;
        }
        *contents = next;
        Ok(result)
    }

    pub(crate) fn started(&self) -> Timestamp {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn restart(&self) {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Timestamp::now();
    }
}

/// The current time, ISO 8601.
pub(crate) fn now() -> Arc<str> {
    Timestamp::now().to_string().into()
}
