//! What fakes were asked, and what they do in place of their work.

use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_core::{Error, Result};

use crate::server::matches;

/// What a fake does at a call.
#[derive(Clone)]
pub enum Mishap {
    /// Fails without doing its work.
    Fail(Error),
    /// Fails after a while without doing its work.
    FailLate(Duration, Error),
    /// Does its work, and fails as if the answer had been lost.
    FailAfter(Error),
    /// Never answers, without doing its work.
    Hang,
    /// Does its work, and never answers.
    HangAfter,
    /// Does its work after a while.
    Slow(Duration),
    /// Calls back, then does its work: somebody else acts at this very moment.
    Meanwhile(Arc<dyn Fn() + Send + Sync>),
}

impl Mishap {
    /// Calls back, then lets the fake do its work.
    pub fn meanwhile(callback: impl Fn() + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(callback))
    }
}

#[derive(Default)]
struct State {
    journal: Vec<String>,
    programmed: Vec<(String, usize, Mishap)>,
}

/// A journal of calls such as `master observe`, and mishaps programmed for them. Clones share both.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<State>>);

impl Script {
    /// Lets the next calls that fit a pattern (`*` stands for any characters) go wrong, as often as `times` says.
    pub fn on(&self, pattern: &str, times: usize, mishap: Mishap) {
        self.lock().programmed.push((pattern.to_owned(), times, mishap));
    }

    /// Lets the next calls that fit a pattern go well, before the mishaps that are programmed after this.
    pub fn spare(&self, pattern: &str, times: usize) {
        self.on(pattern, times, Mishap::meanwhile(|| {}));
    }

    /// The calls so far, in order.
    pub fn calls(&self) -> Vec<String> {
        self.lock().journal.clone()
    }

    /// How many calls fit a pattern so far.
    pub fn count(&self, pattern: &str) -> usize {
        self.lock().journal.iter().filter(|call| matches(pattern, call)).count()
    }

    /// Forgets all mishaps that are still to come.
    pub fn mend(&self) {
        self.lock().programmed.clear();
    }

    /// Notes a call and does its work, unless something else was programmed.
    pub(super) async fn perform<T>(&self, call: String, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let mishap = self.lock().next(call);
        match mishap {
            None => work(),
            Some(Mishap::Fail(error)) => Err(error),
            Some(Mishap::FailLate(duration, error)) => {
                tokio::time::sleep(duration).await;
                Err(error)
            }
            Some(Mishap::FailAfter(error)) => work().and(Err(error)),
            Some(Mishap::Hang) => pending().await,
            Some(Mishap::HangAfter) => {
                work()?;
                pending().await
            }
            Some(Mishap::Slow(duration)) => {
                tokio::time::sleep(duration).await;
                work()
            }
            Some(Mishap::Meanwhile(callback)) => {
                callback();
                work()
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self, call: String) -> Option<Mishap> {
        let programmed =
            self.programmed.iter_mut().find(|(pattern, left, _)| *left > 0 && matches(pattern, &call));
        let mishap = programmed.map(|(_, left, mishap)| {
            *left -= 1;
            mishap.clone()
        });
        self.journal.push(call);
        mishap
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Script({} calls)", self.lock().journal.len())
    }
}
