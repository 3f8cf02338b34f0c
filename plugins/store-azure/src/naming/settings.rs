//! How secrets are named, as people write it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of characters that a name in Key Vault cannot have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamesSettings {
    /// They are refused.
    #[default]
    Strict,
    /// `_`, `.` and blanks become `-`.
    Dash,
}
