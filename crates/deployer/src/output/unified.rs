//! Unified diffs of entities, in the portal's formatting, and of variables.

use deployer_core::model::{Action, EntityChange, NodePlan, Plan};
use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, DiffTag, group_diff_ops};

use super::{Style, escape};

/// The diffs of a whole plan.
pub fn plan(plan: &Plan, style: Style) -> String {
    plan.nodes.iter().map(|node| self::node(node, style, |_| true)).collect()
}

/// The diffs of a node: entities whose action is shown, then variables.
pub fn node(node: &NodePlan, style: Style, is_shown: impl Fn(Action) -> bool) -> String {
    let shown = node.entities.iter().filter(|change| is_shown(change.action));
    let mut text: String = shown.map(|change| entity(node, change, style)).collect();
    text.push_str(&variables(node, style));
    text
}

/// The diff of one entity.
pub fn entity(node: &NodePlan, change: &EntityChange, style: Style) -> String {
    let path = format!("{}/{}", node.node, escape::line(&file_path(change)));
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
    let name =
        |side: &str, text: Option<&str>| text.map_or("/dev/null".to_owned(), |_| format!("{side}/{path}"));
    let names = (&*name("a", before), &*name("b", after));
    texts(names, before.unwrap_or_default(), after.unwrap_or_default(), style)
}

/// The diff of two texts with the names of both.
pub fn texts(names: (&str, &str), before: &str, after: &str, style: Style) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let hunks = group_diff_ops(differences(&old, &new), CONTEXT);
    if hunks.is_empty() {
        return String::new();
    }
    let mut text = vec![format!("--- {}", names.0), format!("+++ {}", names.1)];
    for hunk in &hunks {
        text.push(UnifiedHunkHeader::new(hunk).to_string());
        for operation in hunk {
            let (tag, in_old, in_new) = operation.as_tag_tuple();
            if tag == DiffTag::Equal {
                text.extend(old[in_old].iter().map(|line| format!(" {line}")));
            } else {
                text.extend(old[in_old].iter().map(|line| format!("-{line}")));
                text.extend(new[in_new].iter().map(|line| format!("+{line}")));
            }
        }
    }
    painted(text.iter().map(String::as_str), style)
}

/// The lines of a diff with colours.
pub fn painted<'a>(lines: impl Iterator<Item = &'a str>, style: Style) -> String {
    lines.map(|line| paint(line, style) + "\n").collect()
}

/// The operations between two lists of lines. This calls Myers' algorithm by its name: the library's choice among its algorithms would
/// link all of them into the program.
fn differences(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut hook = Compact::new(Replace::new(Capture::new()), old, new);
    match myers::diff(&mut hook, old, 0..old.len(), new, 0..new.len()) {
        Ok(()) => hook.into_inner().into_inner().into_ops(),
    }
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
