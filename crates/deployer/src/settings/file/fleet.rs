//! The checks of a fleet file, which has `[watch.deployments.<name>]` in place of nodes.

use super::sections::SettingsFile;
use super::tables::Tables;
use crate::settings::parts::list;

/// The name of the environment of a fleet file, which has none.
pub(super) const ENVIRONMENT: &str = "fleet";

/// The keys of a settings file that a fleet file can have.
const KEYS: [&str; 6] = ["link", "log_level", "log_format", "state", "limits", "watch"];

/// The keys of `[watch]` that each deployment has in its own settings file.
const OF_DEPLOYMENTS: [&str; 4] = ["interval", "drift", "drift_interval", "tries"];

/// The longest name of a deployment.
const LONGEST: usize = 100;

/// Whether a settings file lists deployments.
pub(super) fn is_fleet(whole: Tables<'_>) -> bool {
    let deployments = whole.value(&["watch", "deployments"]);
    deployments.and_then(|value| value.get_ref().as_table()).is_some_and(|table| !table.is_empty())
}

/// Checks the tables of a fleet file.
pub(super) fn check(whole: Tables<'_>) {
    let keys = serde_json::to_value(SettingsFile::default()).unwrap_or_default();
    let keys = keys.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    for key in keys.filter(|key| !KEYS.contains(key) && whole.value(&[key]).is_some()) {
        let message = format!("`{key}` belongs into the settings file of each deployment");
        let hint = format!("a file with [watch.deployments] has {}", list(&KEYS));
        whole.reject(&[key], message, &hint);
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
