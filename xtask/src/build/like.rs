//! What a program says of itself.

use std::path::Path;

use serde_json::Value;

use crate::shell::{Result, Shell, read};

/// The features that a program says it was built with.
pub(super) fn features(shell: &Shell, program: &Path) -> Result<Vec<String>> {
    of_version(&said(shell, program, "version")?)
        .map_err(|problem| format!("{} {problem}", program.display()))
}

/// The features in the answer to `version --json`.
fn of_version(version: &Value) -> Result<Vec<String>> {
    let list = |key: &str| version[key].as_array().map(Vec::as_slice).unwrap_or_default();
    if let [first, ..] = list("added") {
        return Err(format!(
            "holds plugins of other makers ({}): build it from its distribution file",
            first["crate"]
        ));
    }
    let features: Option<Vec<String>> =
        list("features").iter().map(|feature| feature.as_str().map(str::to_owned)).collect();
    features
        .filter(|features| !features.is_empty())
        .ok_or_else(|| "does not say what it was built with".to_owned())
}

/// What a program says of its plugins.
pub(super) fn plugins(shell: &Shell, program: &Path) -> Result<Vec<Value>> {
    match said(shell, program, "plugins")? {
        Value::Array(plugins) => Ok(plugins),
        other => Err(format!("{} says of its plugins: {other}", program.display())),
    }
}

/// The answer to a command with `--json`. What goes wrong, the program tells at the terminal itself.
fn said(shell: &Shell, program: &Path, command: &str) -> Result<Value> {
    let text = read(shell.program(program).args([command, "--json"]))?;
    serde_json::from_str(&text).map_err(|error| format!("{} {command} --json: {error}", program.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_program_tells_its_features() {
        let version = json!({ "features": ["source-git", "embedded-node"], "added": [] });
        assert_eq!(of_version(&version).unwrap(), ["source-git", "embedded-node"]);
    }

    #[test]
    fn a_program_that_cannot_be_built_again_is_told() {
        let added =
            json!({ "features": ["source-git"], "added": [{ "crate": "store-acme", "version": "0.3.0" }] });
        assert!(of_version(&added).unwrap_err().contains("\"store-acme\""));
        assert!(of_version(&json!({})).is_err());
    }
}
