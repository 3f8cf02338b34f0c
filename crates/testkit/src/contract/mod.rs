//! What every plugin has to do, as one suite of cases for each trait.
//!
//! A plugin's test implements the rig of its family (how to fill the service, how to build the plugin, how to make the service
//! fail) and calls the suite. Cases are chosen by the capabilities of the plugin and of the rig; a case that does not run prints
//! `skipped: <case>: <reason>`. The fakes of [`crate::fakes`] pass the suites first.

mod breakable;
mod notifier;
mod source;
mod store;
mod target;
mod trouble;

use std::fmt::Debug;
use std::future::Future;
use std::task::Poll;

pub use breakable::Breakable;
pub use notifier::{NotifierRig, Received, notifier_contract};
pub use source::{SourceRig, config_source_contract};
pub use store::{StoreLimit, StoreRig, secret_store_contract};
pub use target::{Place, TargetRig, node_target_contract};
pub use trouble::Trouble;

use crate::canary::{Canary, Searcher};

/// Whether a rig can do what a case needs; else why not.
pub type Support = Result<(), &'static str>;

/// What a rig answers for what it has no means to do.
pub const UNSUPPORTED: Support = Err("the rig cannot make this happen");

/// The secret value that is planted in every service and must show nowhere.
pub fn canary() -> Canary {
    Canary::hostile("contract")
}

/// Whether a case may go on; prints why not.
#[expect(clippy::print_stdout, reason = "a skipped case has to be seen in the output of the tests")]
fn supported(case: &str, support: Support) -> bool {
    if let Err(reason) = support {
        println!("skipped: {case}: {reason}");
    }
    support.is_ok()
}

/// What must show nowhere: the planted value and the credentials of a rig.
struct Secrecy(Searcher);

impl Secrecy {
    fn new(credentials: Vec<String>) -> Self {
        let credentials = credentials.iter().map(|value| Canary::new("credential", value));
        Self(Searcher::new(&credentials.chain([canary()]).collect::<Vec<_>>()))
    }

    /// Fails when a thing's `Debug`, which is the longest text that anyone prints of it, shows a secret.
    #[track_caller]
    fn check(&self, what: &str, thing: &dyn Debug) {
        for text in [format!("{thing:?}"), format!("{thing:#?}")] {
            let found = self.0.find(text.as_bytes());
            assert!(found.is_empty(), "{what} shows a secret: {found:?}");
        }
    }
}

/// Polls a future some times, lets other tasks run in between, and drops it, done or not.
async fn drop_after(polls: usize, future: impl Future) {
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
