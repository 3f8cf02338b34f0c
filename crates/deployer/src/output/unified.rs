//! Unified diffs of entities, in the portal's formatting, and of variables.

use deployer_core::model::{Action, EntityChange, NodePlan, Plan};
use similar::TextDiff;

use super::Style;

/// The diffs of a whole plan.
pub fn plan(plan: &Plan, style: Style) -> String {
    plan.nodes.iter().map(|node| self::node(node, style)).collect()
}

/// The diffs of a node: entities, then variables.
pub fn node(node: &NodePlan, style: Style) -> String {
    let mut text: String = node.entities.iter().map(|change| entity(node, change, style)).collect();
    text.push_str(&variables(node, style));
    text
}

/// The diff of one entity.
pub fn entity(node: &NodePlan, change: &EntityChange, style: Style) -> String {
    let path = format!("{}/{}", node.node, file_path(change));
    between(&path, change.before.as_deref(), change.after.as_deref(), style)
}

/// The diff of a node's variables, as one file that holds only those that differ.
pub fn variables(node: &NodePlan, style: Style) -> String {
    if node.variables.is_empty() {
        return String::new();
    }
    let side = |value: fn(&deployer_core::model::VariableChange) -> Option<&String>| {
        let lines = node.variables.iter().filter_map(|change| {
            Some(format!("{}: {}\n", deployer_core::format::quoted(&change.name), value(change)?))
        });
        lines.collect::<String>()
    };
    let path = format!("{}/variables", node.node);
    between(
        &path,
        Some(&side(|change| change.before.as_ref())),
        Some(&side(|change| change.after.as_ref())),
        style,
    )
}

/// The file of an entity in a node folder.
pub fn file_path(change: &EntityChange) -> String {
    use deployer_core::model::EntityKind;
    match change.kind {
        EntityKind::Metadata => "node-metadata.conf.json".to_owned(),
        EntityKind::Pipe => format!("pipes/{}.conf.json", change.id),
        EntityKind::System => format!("systems/{}.conf.json", change.id),
        EntityKind::Other => format!("unknown/{}.conf.json", change.id),
    }
}

/// Lines around a difference.
const CONTEXT: usize = 3;

fn between(path: &str, before: Option<&str>, after: Option<&str>, style: Style) -> String {
    let old = before.map_or("/dev/null".to_owned(), |_| format!("a/{path}"));
    let new = after.map_or("/dev/null".to_owned(), |_| format!("b/{path}"));
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
    let text = diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string();
    text.lines().map(|line| paint(line, style) + "\n").collect()
}

fn paint(line: &str, style: Style) -> String {
    match line.as_bytes() {
        [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => style.bold(line),
        [b'@', ..] => style.cyan(line),
        [b'+', ..] => style.green(line),
        [b'-', ..] => style.red(line),
        _ => line.to_owned(),
    }
}

/// The sign of an action, painted.
pub fn sign(action: Action, style: Style) -> String {
    let sign = action.sign().to_string();
    match action {
        Action::Add => style.green(&sign),
        Action::Change => style.yellow(&sign),
        Action::Remove => style.red(&sign),
    }
}
