//! How secrets are named, as people write it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to treat characters that a name in Key Vault can't have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamesSettings {
    /// They are rejected.
    #[default]
    Strict,
    /// `_`, `.` and blanks become `-`.
    Dash,
}
