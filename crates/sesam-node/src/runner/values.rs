//! Values in published documents.

use serde_json::Value;

/// Whether a deleted entity is left out.
pub(super) fn is_skipped(sink: &Value, entity: &Value) -> bool {
    entity["_deleted"] == true && sink["skip-deleted-entities"] != false
}

/// The text of a literal value. That of booleans, of typed texts (`~t2026-…`), and of numbers in scientific notation is not documented.
///
/// # Errors
/// In words, for any other value.
pub(super) fn literal(value: &Value, name: &str) -> Result<String, String> {
    match value {
        Value::String(text) if !text.starts_with('~') => Ok(text.clone()),
        Value::Number(number) if !number.to_string().contains(['e', 'E']) => Ok(number.to_string()),
        _ => Err(format!("the embedded node does not know how a node writes the value of {name:?}")),
    }
}
