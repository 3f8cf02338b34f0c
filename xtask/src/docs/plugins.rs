//! The table of plugins, from what the program says of itself.

use serde_json::Value;

use crate::shell::Result;

/// The table for the answer of `sesam-deployer plugins --json`.
pub(crate) fn table(json: &str) -> Result<String> {
    let plugins: Vec<Value> =
        serde_json::from_str(json).map_err(|error| format!("the list of plugins: {error}"))?;
    let mut table = "| Plugin | What it is | `kind` | Stage |\n|---|---|---|---|\n".to_owned();
    for plugin in &plugins {
        let [feature, about, kind, stage] = ["feature", "about", "kind", "stage"].map(|key| {
            plugin[key].as_str().ok_or_else(|| format!("the list of plugins: `{key}` is missing in {plugin}"))
        });
        let feature = feature?;
        let row = format!(
            "| [{feature}](../plugins/{feature}/README.md) | {} | `{}` | {} |\n",
            about?, kind?, stage?
        );
        table.push_str(&row);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_a_row() {
        let json = r#"[{"kind": "folder", "feature": "source-folder", "about": "A folder", "stage": "stable", "built": true}]"#;
        let row = "| [source-folder](../plugins/source-folder/README.md) | A folder | `folder` | stable |";
        assert_eq!(table(json).unwrap().lines().last(), Some(row));
        assert!(table(r#"[{"kind": "folder"}]"#).unwrap_err().contains("`feature` is missing"));
    }
}
