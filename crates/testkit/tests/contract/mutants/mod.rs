//! Wrong plugins: each is caught by the case that names its fault.

mod notifiers;
mod places;
mod sources;
mod targets;

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

/// Fails unless a suite fails, with words that name the fault.
async fn caught(mutant: &str, suite: impl Future<Output = ()>, words: &str) {
    let Err(panic) = AssertUnwindSafe(suite).catch_unwind().await else {
        panic!("{mutant}: it passes the suite");
    };
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let said = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    assert!(said.contains(words), "{mutant}: caught by another case: {said}");
}
