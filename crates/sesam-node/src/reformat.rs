//! The portal's formatting.

use deployer_core::document::Value;
use deployer_core::format;

/// A JSON document, formatted as the portal does.
pub(crate) fn portal(text: &str) -> Result<String, String> {
    let value = Value::parse_text("body", text).map_err(|error| error.to_string())?;
    Ok(format::portal(&value))
}
