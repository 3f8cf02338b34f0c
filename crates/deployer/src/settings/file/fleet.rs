//! A fleet file: `[watch.deployments.<name>]` in place of nodes.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tables::Tables;

/// The name of the environment of a fleet file, which has none.
pub(super) const ENVIRONMENT: &str = "fleet";

/// The keys of a settings file that a fleet file does not have.
const FOREIGN: [&str; 10] = [
    "environment",
    "source",
    "configuration",
    "stores",
    "secrets",
    "nodes",
    "verify",
    "safety",
    "notify",
    "environments",
];

/// The keys of `[watch]` that each deployment has in its own settings file.
const OF_DEPLOYMENTS: [&str; 4] = ["interval", "drift", "drift_interval", "tries"];

/// The longest name of a deployment.
const LONGEST: usize = 100;

/// A deployment of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeploymentSection {
    /// Its settings file. A relative path starts at the folder of the fleet file.
    pub(crate) settings: PathBuf,
    /// The environment [default: that of its settings file].
    #[serde(default)]
    pub(crate) environment: Option<String>,
    /// A folder that is read in place of the source of its settings file, as with `--source`.
    #[serde(default)]
    pub(crate) source: Option<PathBuf>,
}

/// Whether a settings file lists deployments.
pub(super) fn is_fleet(whole: Tables<'_>) -> bool {
    let deployments = whole.value(&["watch", "deployments"]);
    deployments.and_then(|value| value.get_ref().as_table()).is_some_and(|table| !table.is_empty())
}

/// Checks the tables of a fleet file.
pub(super) fn check(whole: Tables<'_>) {
    for key in FOREIGN.into_iter().filter(|key| whole.value(&[key]).is_some()) {
        let message = format!("`{key}` belongs into the settings file of each deployment");
        let hint = "a file with [watch.deployments] has `link`, `log_level`, `log_format`, `state`, `limits` and `watch`";
        whole.reject(&[key], message, hint);
    }
    for key in OF_DEPLOYMENTS.into_iter().filter(|key| whole.value(&["watch", key]).is_some()) {
        let message =
            format!("[watch] {key}: it belongs into [watch] of the settings file of each deployment");
        whole.reject(&["watch", key], message, "");
    }
    for name in whole.names(&["watch", "deployments"]) {
        let is_simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(is_simple) {
            let message = format!("[watch.deployments]: invalid name {name:?}");
            let hint = format!("use ASCII letters, digits, `-`, `_` and `.`, at most {LONGEST}");
            whole.reject(&["watch", "deployments", name], message, &hint);
        }
    }
}
