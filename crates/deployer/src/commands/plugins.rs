//! `plugins`

use deployer_core::plugin::Plugin;
use serde_json::json;

use crate::exit::Exit;
use crate::output::{Output, json};
use crate::plugins::{KNOWN, find};

pub(crate) fn run(table: &[&'static Plugin], output: &Output) -> Exit {
    if output.is_json() {
        output.result(&json::document(&as_json(table)));
    } else {
        output.result(&as_text(table, output));
    }
    Exit::Done
}

/// The plugins of this program, then those it was built without.
fn as_text(table: &[&Plugin], output: &Output) -> String {
    let style = output.result_style();
    let mut text = String::new();
    for plugin in table {
        let name = format!("{}-{}", plugin.family().prefix(), plugin.kind);
        text.push_str(&format!("{} {}\n", style.bold(&format!("{name:<16}")), plugin.about));
    }
    for known in KNOWN.iter().filter(|known| find(table, known.family, known.kind).is_none()) {
        let name = format!("{}-{}", known.family.prefix(), known.kind);
        let hint = format!("not in this program; build it with `--features {}`", known.feature);
        text.push_str(&style.dim(&format!("{name:<16} {hint}")));
        text.push('\n');
    }
    text
}

fn as_json(table: &[&Plugin]) -> serde_json::Value {
    let built = table.iter().map(|plugin| {
        let feature = KNOWN.iter().find(|known| known.kind == plugin.kind && known.family == plugin.family());
        json!({
            "kind": plugin.kind,
            "family": plugin.family(),
            "feature": feature.map(|known| known.feature),
            "about": plugin.about,
            "stage": plugin.stage,
            "example": plugin.example,
            "built": true,
        })
    });
    let absent = KNOWN.iter().filter(|known| find(table, known.family, known.kind).is_none()).map(|known| {
        json!({ "kind": known.kind, "family": known.family, "feature": known.feature, "built": false })
    });
    json!(built.chain(absent).collect::<Vec<_>>())
}
