//! The limits of a service that a rig declares.

use std::collections::BTreeMap;

use deployer_core::traits::SecretStore;

use super::rig::{StoreLimit, StoreRig};

/// The declared limits.
pub(super) struct Limits(BTreeMap<StoreLimit, &'static str>);

impl Limits {
    /// # Panics
    /// If a limit contradicts a capability of the store.
    pub(super) fn of(rig: &dyn StoreRig, store: &dyn SecretStore) -> Self {
        let limits: BTreeMap<_, _> = rig.limits().into_iter().collect();
        assert!(
            !(limits.contains_key(&StoreLimit::Names) && store.capabilities().names_prove_presence),
            "the names of a store that doesn't list prove no presence"
        );
        let (is_local, counts) = (limits.contains_key(&StoreLimit::Requests), rig.requests().is_some());
        assert_ne!(is_local, counts, "a rig counts requests, or declares the limit `Requests`");
        Self(limits)
    }

    /// Whether a case can run. Prints the declared reason if it can't.
    ///
    /// # Panics
    /// If the declaration is wrong.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "the output of the tests shows which cases don't apply")]
    pub(super) fn permit(&self, limit: StoreLimit, case: &str, possible: bool) -> bool {
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
