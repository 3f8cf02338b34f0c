//! What holds in the program's own sections where nobody says anything.

use serde_json::{Value, json};

use crate::settings::file::{UPLOADED_BY_SESAM_PY, escaped};
use crate::settings::model::NodeSettings;

/// Keys with their defaults.
type Defaults = Vec<(&'static str, Value)>;

/// `[source]`
pub(super) const SOURCE: [(&str, &str); 2] = [("kind", "folder"), ("path", ".")];

/// How much is logged.
pub(super) const LOG_LEVEL: &str = "warn";

/// How the log is written, outside of pipelines.
pub(super) const LOG_FORMAT: &str = "text";

/// The sections that no plugin reads, by their names. `layout` is the one that the settings name.
pub(super) fn sections(environment: &str, layout: Option<&str>) -> Vec<(&'static str, Defaults)> {
    let environment = escaped(environment);
    let (folder, whitelist, variables) = match layout {
        Some("sesam-py" | "connector") => {
            (".", json!({ "include": UPLOADED_BY_SESAM_PY }), format!("{environment}-env.json"))
        }
        _ => {
            let whitelist = format!("deployment/whitelist-{environment}.txt");
            ("node", json!(whitelist), format!("variables/variables-{environment}.json"))
        }
    };
    vec![
        (
            "configuration",
            vec![
                ("layout", json!("deployer")),
                ("folder", json!(folder)),
                ("whitelist", whitelist),
                ("variables", json!(variables)),
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
