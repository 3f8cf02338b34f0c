//! A plan for people.

use deployer_core::model::{Action, Counts, NodePlan, Plan, SecretState};

use super::{Style, count, crossing::reason, kept, unified};

/// Whether a plan is still to be carried out, or has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    /// `2 to add`.
    Ahead,
    /// `2 added`.
    Done,
}

/// What changes on which node.
pub fn overview(plan: &Plan, style: Style) -> String {
    let revision =
        plan.revision.as_ref().map(|revision| format!(" at {}", revision.short())).unwrap_or_default();
    let mut text = style.bold(&format!("Plan for {}{revision}", plan.environment)) + "\n";
    for node in &plan.nodes {
        text.push('\n');
        text.push_str(&node_overview(node, style));
    }
    text
}

/// One line: what changes where, such as `master: 1 to add, 3 variables; extra: 2 to change`.
pub fn changes(plan: &Plan, tense: Tense) -> String {
    if plan.is_empty() {
        return "nothing to change".to_owned() + &sent_again(plan, tense);
    }
    let changing = plan.nodes.iter().filter(|node| !node.is_empty());
    let nodes: Vec<String> =
        changing.map(|node| format!("{}: {}", node.node, node_changes(node, tense))).collect();
    nodes.join("; ")
}

/// The same without the names of nodes: `3 to add, 1 to remove on 2 nodes`.
pub fn totals(plan: &Plan, tense: Tense) -> String {
    if plan.is_empty() {
        return "nothing to change".to_owned() + &sent_again(plan, tense);
    }
    let changing: Vec<&NodePlan> = plan.nodes.iter().filter(|node| !node.is_empty()).collect();
    let actions = || changing.iter().flat_map(|node| node.entities.iter().map(|change| change.action));
    let variables = changing.iter().map(|node| node.variables.len()).sum();
    let secrets = |state| changing.iter().map(|node| node.count_secrets(state)).sum();
    let secrets = [secrets(SecretState::New), secrets(SecretState::Changed)];
    let stray = changing.iter().map(|node| node.stray.len()).sum();
    format!(
        "{} on {}",
        parts(Counts::of(actions()), variables, secrets, stray, tense),
        count(changing.len(), "node")
    )
}

/// What changes on one node: `1 to add, 3 variables, 1 new secret`.
pub fn node_changes(node: &NodePlan, tense: Tense) -> String {
    if node.is_empty() {
        return "nothing to change".to_owned();
    }
    let secrets = [SecretState::New, SecretState::Changed].map(|state| node.count_secrets(state));
    parts(node.entity_counts(), node.variables.len(), secrets, node.stray.len(), tense)
}

/// `secrets` are the new ones and those that changed.
fn parts(entities: Counts, variables: usize, secrets: [usize; 2], stray: usize, tense: Tense) -> String {
    let [add, change, remove, tidy] = match tense {
        Tense::Ahead => ["to add", "to change", "to remove", "to tidy away"],
        Tense::Done => ["added", "changed", "removed", "tidied away"],
    };
    let numbers = [(entities.added, add), (entities.changed, change), (entities.removed, remove)];
    let mut parts: Vec<String> = numbers
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, verb)| format!("{number} {verb}"))
        .collect();
    let [new, changed] = secrets;
    let counted = [
        (variables, "variable", ""),
        (new, "new secret", ""),
        (changed, "changed secret", ""),
        (stray, "file", tidy),
    ];
    for (number, noun, verb) in counted.into_iter().filter(|(number, ..)| *number > 0) {
        parts.push(format!("{} {verb}", count(number, noun)).trim_end().to_owned());
    }
    parts.join(", ")
}

/// Secrets are sent again even when nothing changes: a node never tells a value.
fn sent_again(plan: &Plan, tense: Tense) -> String {
    let secrets = plan.nodes.iter().map(|node| node.count_secrets(SecretState::SentAgain)).sum();
    match (secrets, tense) {
        (0, _) => String::new(),
        (secrets, Tense::Ahead) => format!("; {} to send again", count(secrets, "secret")),
        (secrets, Tense::Done) => format!("; {} sent again", count(secrets, "secret")),
    }
}

/// Names beyond this length do not push the column of origins further to the right.
const WIDEST: usize = 40;

fn node_overview(node: &NodePlan, style: Style) -> String {
    let mut text = format!(
        "{} {}\n  {}\n",
        style.bold(node.node.as_str()),
        style.dim(&node.target),
        node_changes(node, Tense::Ahead)
    );
    let names: Vec<String> =
        node.entities.iter().map(|change| format!("{} {}", change.kind.noun(), change.id)).collect();
    let width =
        names.iter().map(|name| name.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    for (change, name) in node.entities.iter().zip(&names) {
        let from = match (&change.origin, &change.crossing, &change.datatype) {
            (Some(place), Some(crossing), _) => {
                format!("{} for pipe {}: {}", place.file, crossing.pipe, reason(crossing))
            }
            (Some(place), None, Some(datatype)) => format!("{} for datatype {datatype}", place.file),
            (Some(place), None, None) => place.file.to_string(),
            (None, ..) => String::new(),
        };
        let sign = unified::sign(change.action, style);
        text.push_str(&match from.as_str() {
            "" => format!("  {sign} {name}\n"),
            from => format!("  {sign} {name:<width$}  {}\n", style.dim(from)),
        });
    }
    for action in [Action::Remove, Action::Change, Action::Add] {
        let changed = node.variables.iter().filter(|change| change.action == action);
        let names: Vec<&str> = changed.map(|change| change.name.as_str()).collect();
        if !names.is_empty() {
            let noun = if names.len() == 1 { "variable" } else { "variables" };
            text.push_str(&format!("  {} {noun} {}\n", unified::sign(action, style), names.join(", ")));
        }
    }
    for file in &node.stray {
        text.push_str(&format!("  {} file {file}\n", style.red("-")));
    }
    text.push_str(&kept::lines(node, style));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_counted() {
        let entities = Counts { added: 1, changed: 0, removed: 12 };
        assert_eq!(
            parts(entities, 1, [0, 0], 2, Tense::Ahead),
            "1 to add, 12 to remove, 1 variable, 2 files to tidy away"
        );
        assert_eq!(
            parts(entities, 0, [3, 1], 1, Tense::Done),
            "1 added, 12 removed, 3 new secrets, 1 changed secret, 1 file tidied away"
        );
        assert_eq!(parts(Counts::default(), 2, [0, 0], 0, Tense::Done), "2 variables");
    }
}
