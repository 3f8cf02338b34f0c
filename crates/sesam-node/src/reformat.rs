//! The portal's formatting.

use deployer_core::document::Value;
use deployer_core::format;

/// A JSON document in the portal's formatting, or why it is none.
pub(crate) fn portal(text: &str) -> Result<String, String> {
    let value = Value::parse_text("body", text).map_err(|error| error.to_string())?;
    Ok(format::portal(&value))
}
