//! Secrets of the configuration that lead to one place.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deployer_core::{Error, Kind, Result};

use super::place::Place;

/// The places so far, each as it was before characters were replaced.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    derived: BTreeMap<Place, Place>,
    collided: bool,
}

impl Asked {
    /// Notes that a secret is at a place. `derived` is the place before characters were replaced.
    ///
    /// # Errors
    /// `Verification` when a secret of another name leads to the same place.
    pub(super) fn note(&self, place: &Place, derived: &Place) -> Result<()> {
        let mut state = self.lock();
        let first = state.derived.entry(place.clone()).or_insert_with(|| derived.clone());
        if first == derived {
            return Ok(());
        }
        let mut both = [first.name.clone(), derived.name.clone()];
        both.sort();
        state.collided = true;
        let [one, other] = both;
        Err(Error::new(
            Kind::Verification,
            format!("{one:?} and {other:?} would be one Secret in Kubernetes"),
        )
        .with_cause(format!("both are {place}: `names = \"dash\"` replaces characters"))
        .with_hint("rename one of them, or give it a place of its own in the store's `table`"))
    }

    /// Whether two secrets lead to one place.
    pub(super) fn collided(&self) -> bool {
        self.lock().collided
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
