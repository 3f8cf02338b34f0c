//! The set of plugins that a program says it was built with.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::Result;
use crate::shell::{Shell, read};

/// The features that a program says it was built with.
pub(super) fn features(shell: &Shell, program: &Path) -> Result<Vec<String>> {
    let plugins = plugins(shell, program)?;
    let built = plugins.iter().filter(|plugin| plugin["built"] == true);
    let own = |plugin: &Value| plugin["feature"].as_str().map(str::to_owned);
    let features: Option<BTreeSet<String>> = built.map(own).collect();
    let features = features.ok_or_else(|| {
        format!("{} holds plugins of other makers; build it from its distribution file", program.display())
    })?;
    Ok(features.into_iter().collect())
}

/// What a program says of its plugins, as `plugins --json` prints it.
pub(super) fn plugins(shell: &Shell, program: &Path) -> Result<Vec<Value>> {
    let text = read(shell.program(program).args(["plugins", "--json"]))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("what {} says of its plugins: {error}", program.display()))
}
