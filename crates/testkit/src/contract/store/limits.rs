//! The limits of a service that a rig declares.

use deployer_core::traits::SecretStore;

use super::rig::{StoreLimit, StoreRig};

/// The declared limits.
pub(super) type Limits = crate::contract::limits::Limits<StoreLimit>;

/// The limits that a rig declares.
///
/// # Panics
/// If a limit contradicts a capability of the store.
pub(super) fn declared(rig: &dyn StoreRig, store: &dyn SecretStore) -> Limits {
    let limits = Limits::new(rig.limits());
    assert!(
        !(limits.has(&StoreLimit::Names) && store.capabilities().names_prove_presence),
        "the names of a store that doesn't list prove no presence"
    );
    let (is_local, counts) = (limits.has(&StoreLimit::Requests), rig.requests().is_some());
    assert_ne!(is_local, counts, "a rig counts requests, or declares the limit `Requests`");
    limits
}
