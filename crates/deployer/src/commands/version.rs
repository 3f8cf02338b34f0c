//! `version`

use deployer_core::plugin::Plugin;
use serde_json::json;

use crate::exit::Exit;
use crate::output::{Output, json, table};
use crate::plugins::{features, known};
use crate::version::{COMMIT, RUSTC, TARGET, VERSION};

/// Prints version and build information. `distribution` is the name of the distribution, if any.
pub(crate) fn run(plugins: &[&'static Plugin], distribution: Option<&str>, output: &Output) -> Exit {
    let features = features(plugins);
    let added: Vec<&Plugin> =
        plugins.iter().copied().filter(|plugin| known(plugin.family(), plugin.kind).is_none()).collect();
    if output.is_json() {
        output.document(json!({
            "format": json::FORMAT,
            "version": VERSION,
            "commit": COMMIT,
            "features": features,
            "added": added.iter().map(|plugin| plugin.origin).collect::<Vec<_>>(),
            "target": TARGET,
            "rustc": RUSTC,
            "distribution": distribution,
        }));
        return Exit::Done;
    }
    let mut rows = vec![
        ["version".to_owned(), VERSION.to_owned()],
        ["commit".to_owned(), COMMIT.unwrap_or("unknown: built outside a git repository").to_owned()],
        ["features".to_owned(), if features.is_empty() { "none".to_owned() } else { features.join(", ") }],
        ["target".to_owned(), TARGET.to_owned()],
        ["rustc".to_owned(), RUSTC.to_owned()],
    ];
    if !added.is_empty() {
        let origins: Vec<String> = added.iter().map(|plugin| plugin.origin.to_string()).collect();
        rows.insert(3, ["added".to_owned(), origins.join(", ")]);
    }
    if let Some(name) = distribution {
        rows.insert(0, ["distribution".to_owned(), name.to_owned()]);
    }
    output.result(&table(&rows));
    Exit::Done
}
