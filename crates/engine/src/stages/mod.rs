//! The pure stages: data in, data out, no waiting, no clock.
//!
//! `whitelist` → `read_entities` → `split` → [`connect`](crate::connect::connect) → `uses`, `share_secrets`, `validate` and
//! `missing_variables` → `protect` → `diff` → `objections`.

mod diff;
mod drift;
mod guard;
mod protect;
mod routes;
mod select;
mod split;
mod system_secrets;
mod test_switches;
mod unique;
mod uses;
mod validate;
mod verify;
mod whitelist;

pub use diff::{concerned_systems, diff};
pub use drift::{Cell, Drift, DriftKind, DriftedNode, Moved, Standing, drift};
pub use guard::{Guard, Removals, beyond_consent, objections};
pub use protect::{Protection, protect};
pub use routes::{Alias, Route, Routes, Rule};
pub use select::{Read, Strictness, read_entities};
pub use split::{Split, split};
pub use system_secrets::{SharedSecrets, SystemList, SystemSecrets, share_secrets};
pub use test_switches::switch_for_test;
pub use unique::unique;
pub use uses::{Use, Uses, uses};
pub use validate::{Share, validate};
pub use verify::{
    MissingSecret, forbidden_secrets, missing_secrets, missing_variables, no_store, unused_variables,
};
pub use whitelist::{Glob, Listed, Whitelist, is_configuration, whitelist};
