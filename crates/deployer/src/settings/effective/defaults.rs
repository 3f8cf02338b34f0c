//! What holds in the program's own sections where nobody says anything.

use serde_json::{Value, json};

use crate::settings::file::escaped;
use crate::settings::model::NodeSettings;

/// Keys with their defaults.
type Defaults = Vec<(&'static str, Value)>;

/// `[source]`
pub(super) const SOURCE: [(&str, &str); 2] = [("kind", "folder"), ("path", ".")];

/// How much is logged.
pub(super) const LOG_LEVEL: &str = "warn";

/// The sections that no plugin reads, by their names.
pub(super) fn sections(environment: &str) -> Vec<(&'static str, Defaults)> {
    let environment = escaped(environment);
    vec![
        (
            "configuration",
            vec![
                ("folder", json!("node")),
                ("whitelist", json!(format!("deployment/whitelist-{environment}.txt"))),
                ("variables", json!(format!("variables/variables-{environment}.json"))),
                ("links", json!("full")),
                ("split", json!(true)),
            ],
        ),
        ("verify", vec![("variables", json!(true)), ("secrets", json!(true))]),
        (
            "safety",
            vec![
                ("deletion_guard", json!(true)),
                ("order", json!("extra-first")),
                ("wait_seconds", json!(600)),
            ],
        ),
    ]
}

/// A node's own keys; its target is read by a plugin. What depends on other sections has been worked out.
pub(super) fn node(node: &NodeSettings) -> Defaults {
    let proxy = (!node.name.is_master()).then(|| ("proxy", json!(node.proxy)));
    let own = [
        ("secrets", json!(node.secrets)),
        ("upload_variables", json!(node.upload_variables)),
        ("upload_secrets", json!(node.upload_secrets)),
        ("system_secrets", json!(false)),
        ("protected", json!([])),
    ];
    proxy.into_iter().chain(own).collect()
}
