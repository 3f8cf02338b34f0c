//! The state of the nodes, for people and for machines.

use deployer_core::model::NodePlan;
use deployer_engine::run::Status;
use deployer_engine::stages::{Cell, Drift, Moved, Standing};
use serde_json::{Value, json};

use super::escape::line;
use super::{Style, count, json, table, unified};

/// One row per thing that a node does not have as a deploy would write it, one column per node.
pub(crate) fn text(environment: &str, status: &Status, rows: &[Drift], style: Style) -> String {
    let revision = status.revision.as_ref();
    let revision = revision.map(|revision| format!(" at {}", line(revision.short()))).unwrap_or_default();
    let mut text = style.bold(&format!("Status of {environment}{revision}")) + "\n\n";
    for node in &status.nodes {
        let state = match &node.read {
            Ok(read) if read.plan.is_empty() => "as a deploy would write it".to_owned(),
            Ok(read) => count(differences(&read.plan), "difference"),
            Err(error) => format!("unknown: {}", line(&error.to_string())),
        };
        let name = style.bold(node.node.as_str());
        text.push_str(&format!("{name} {}\n  {state}\n", style.dim(&line(&node.target))));
    }
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&grid(status, rows));
    }
    text
}

/// How many things differ on a node.
fn differences(plan: &NodePlan) -> usize {
    use deployer_core::model::SecretState::{Changed, New};
    let secrets = plan.count_secrets(New) + plan.count_secrets(Changed);
    plan.entities.len() + plan.variables.len() + plan.stray.len() + secrets
}

fn grid(status: &Status, rows: &[Drift]) -> String {
    let nodes = status.nodes.iter().map(|node| line(node.node.as_str()).into_owned());
    let head: Vec<String> = std::iter::once(String::new()).chain(nodes).chain(["file".to_owned()]).collect();
    let lines = rows.iter().map(|row| {
        let name = format!("{} {}", row.kind.noun(), line(&row.name));
        let cells = status.nodes.iter().map(|node| match (&node.read, row.cells.get(&node.node)) {
            (Err(_), _) => "?".to_owned(),
            (Ok(_), Some(cell)) => words(cell),
            (Ok(_), None) => "-".to_owned(),
        });
        let place = row.place.as_ref().map(|place| line(&place.file).into_owned()).unwrap_or_default();
        std::iter::once(name).chain(cells).chain([place]).collect()
    });
    table(&std::iter::once(head).chain(lines).collect::<Vec<_>>())
}

/// `differs (node changed)`
pub(super) fn words(cell: &Cell) -> String {
    let standing = match &cell.standing {
        Standing::Same => "same".to_owned(),
        Standing::Differs => "differs".to_owned(),
        Standing::ReplicaDiffers => "replica differs".to_owned(),
        Standing::Missing => "missing".to_owned(),
        Standing::Extra => "extra".to_owned(),
        Standing::WrongNode(owner) => format!("wrong node, belongs to {}", line(owner.as_str())),
    };
    match cell.moved {
        None => standing,
        Some(Moved::Configuration) => standing + " (configuration changed)",
        Some(Moved::Node) => standing + " (node changed)",
        Some(Moved::Both) => standing + " (both changed)",
    }
}

/// The last line.
pub(crate) fn summary(environment: &str, status: &Status, rows: &[Drift]) -> String {
    let unknown = status.nodes.iter().filter(|node| node.read.is_err()).count();
    let known = match rows.len() {
        0 => "nothing differs".to_owned(),
        rows => count(rows, "difference"),
    };
    match unknown {
        0 => format!("{environment}: {known}"),
        unknown => format!("{environment}: {known}; the state of {} is unknown", count(unknown, "node")),
    }
}

/// The differences of all nodes, as `plan --full` shows them.
pub(crate) fn diffs(status: &Status, style: Style) -> String {
    let nodes = status.answered().map(|read| unified::node(&read.plan, style, |_| true));
    let diffs: String = nodes.collect();
    if diffs.is_empty() { diffs } else { format!("\n{diffs}") }
}

/// The same as a document.
pub(crate) fn document(environment: &str, status: &Status, rows: &[Drift]) -> Value {
    let nodes = status.nodes.iter().map(|node| match &node.read {
        Ok(read) => json!({
            "node": node.node,
            "target": node.target,
            "base": read.plan.base,
            "changes": !read.plan.is_empty(),
            "protected": read.plan.protected,
            "error": null,
        }),
        Err(error) => json!({ "node": node.node, "target": node.target, "error": json::error(error) }),
    });
    let rows = rows.iter().map(|row| {
        let cells = row.cells.iter().map(|(node, cell)| (node.to_string(), self::cell(cell)));
        json!({
            "kind": row.kind.noun(),
            "name": row.name,
            "origin": row.place,
            "nodes": cells.collect::<serde_json::Map<_, _>>(),
        })
    });
    json!({
        "format": json::FORMAT,
        "environment": environment,
        "revision": status.revision,
        "changes": !status.is_as_wanted(),
        "nodes": nodes.collect::<Vec<_>>(),
        "differences": rows.collect::<Vec<_>>(),
        "notes": json::notes(&status.notes),
    })
}

pub(super) fn cell(cell: &Cell) -> Value {
    let (state, owner) = match &cell.standing {
        Standing::Same => ("same", None),
        Standing::Differs => ("differs", None),
        Standing::ReplicaDiffers => ("replica-differs", None),
        Standing::Missing => ("missing", None),
        Standing::Extra => ("extra", None),
        Standing::WrongNode(owner) => ("wrong-node", Some(owner)),
    };
    json!({ "state": state, "owner": owner, "changed": cell.moved })
}
