//! The limits of services that rigs declare.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// The declared limits, each with its reason.
pub(super) struct Limits<L>(BTreeMap<L, &'static str>);

impl<L: Ord + Debug> Limits<L> {
    pub(super) fn new(declared: Vec<(L, &'static str)>) -> Self {
        Self(declared.into_iter().collect())
    }

    /// Whether a limit is declared.
    pub(super) fn has(&self, limit: &L) -> bool {
        self.0.contains_key(limit)
    }

    /// Whether a case can run. Prints the declared reason if it can't.
    ///
    /// # Panics
    /// If the declaration is wrong.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "the output of the tests shows which cases don't apply")]
    pub(super) fn permit(&self, limit: L, case: &str, possible: bool) -> bool {
        match (self.0.get(&limit), possible) {
            (None, true) => true,
            (None, false) => panic!("{case}: the rig can't do this, and declares no limit `{limit:?}`"),
            (Some(_), true) => panic!("{case}: the rig declares the limit `{limit:?}`, and yet can do this"),
            (Some(reason), false) => {
                println!("not applicable: {case}: {reason}");
                false
            }
        }
    }
}
