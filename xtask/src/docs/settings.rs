//! The table of the keys of a settings file, from what the program says of itself.

use serde_json::Value;

use crate::shell::Result;

/// The table for the answer of `sesam-deployer settings --keys --json`.
pub(crate) fn table(json: &str) -> Result<String> {
    let keys: Vec<Value> =
        serde_json::from_str(json).map_err(|error| format!("the list of keys: {error}"))?;
    let mut table = "| Key | Default | Meaning |\n|---|---|---|\n".to_owned();
    for key in &keys {
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        if text("name").is_empty() {
            return Err(format!("the list of keys: `name` is missing in {key}"));
        }
        let default = match &key["default"] {
            Value::Null => String::new(),
            default => format!("`{default}`"),
        };
        let meaning = text("description").replace('|', "\\|").replace(" <", " \\<");
        table.push_str(&format!("| `{}` | {default} | {meaning} |\n", text("name")));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_row() {
        let json = r#"[{"name": "safety.wait_seconds", "type": "number", "default": 600, "description": "Seconds."}, {"name": "link"}]"#;
        let rows = "| `safety.wait_seconds` | `600` | Seconds. |\n| `link` |  |  |\n";
        assert!(table(json).unwrap().ends_with(rows));
        assert!(table(r#"[{"default": 1}]"#).unwrap_err().contains("`name` is missing"));
    }
}
