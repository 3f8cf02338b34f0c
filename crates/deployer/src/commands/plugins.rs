//! `plugins`

use deployer_core::plugin::{Family, Plugin};
use serde_json::json;

use crate::exit::Exit;
use crate::output::{Output, json};
use crate::plugins::{KNOWN, Known, find};

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
    let name = |family: Family, kind: &str| format!("{}-{kind}", family.prefix());
    let absent: Vec<&Known> =
        KNOWN.iter().filter(|known| find(table, known.family, known.kind).is_none()).collect();
    let built = table.iter().map(|plugin| name(plugin.family(), plugin.kind));
    let names = built.chain(absent.iter().map(|known| name(known.family, known.kind)));
    let width = names.map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for plugin in table {
        let name = name(plugin.family(), plugin.kind);
        text.push_str(&format!("{}  {}\n", style.bold(&format!("{name:<width$}")), plugin.about));
    }
    for known in absent {
        let name = name(known.family, known.kind);
        let hint = format!("not in this program; build it with `--features {}`", known.feature);
        text.push_str(&style.dim(&format!("{name:<width$}  {hint}")));
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
