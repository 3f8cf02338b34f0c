//! Helpers of all suites.

use std::fmt::Debug;
use std::future::Future;
use std::task::Poll;

use crate::canary::{Canary, Searcher};

/// Whether a rig can do what a case needs; else why not.
pub type Support = Result<(), &'static str>;

/// What a rig answers for what it has no means to do.
pub const UNSUPPORTED: Support = Err("the rig cannot make this happen");

/// The secret value that is planted in every service and must show nowhere.
pub fn canary() -> Canary {
    Canary::hostile("contract")
}

/// Whether a case applies to a plugin with a capability; prints why not.
#[expect(clippy::print_stdout, reason = "the output of the tests shows which cases don't apply")]
pub(super) fn applies(case: &str, capability: bool, otherwise: &str) -> bool {
    if !capability {
        println!("not applicable: {case}: {otherwise}");
    }
    capability
}

/// What must show nowhere: the planted value and the credentials of a rig.
pub(super) struct Secrecy(Searcher);

impl Secrecy {
    pub(super) fn new(credentials: Vec<String>) -> Self {
        let credentials = credentials.iter().map(|value| Canary::new("credential", value));
        Self(Searcher::new(&credentials.chain([canary()]).collect::<Vec<_>>()))
    }

    /// Fails when a thing's `Debug`, which is the longest text that anyone prints of it, shows a secret.
    #[track_caller]
    pub(super) fn check(&self, what: &str, thing: &dyn Debug) {
        for text in [format!("{thing:?}"), format!("{thing:#?}")] {
            let found = self.0.find(text.as_bytes());
            assert!(found.is_empty(), "{what} shows a secret: {found:?}");
        }
    }
}

/// Polls a future some times, lets other tasks run in between, and drops it, done or not.
pub(super) async fn drop_after(polls: usize, future: impl Future) {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        let ended =
            std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ended {
            return;
        }
        tokio::task::yield_now().await;
    }
}
