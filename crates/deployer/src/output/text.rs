//! A plan for people.

use deployer_core::model::{NodePlan, Plan, SecretState};

use super::{Style, count, unified};

/// The overview: what changes on which node.
pub fn overview(plan: &Plan, style: Style) -> String {
    let mut text = style.bold(&summary(plan)) + "\n";
    for node in &plan.nodes {
        text.push('\n');
        text.push_str(&node_overview(node, style));
    }
    text
}

/// The overview and the diffs.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut text = overview(plan, style);
    let diffs = unified::plan(plan, style);
    if !diffs.is_empty() {
        text.push('\n');
        text.push_str(&diffs);
    }
    text
}

/// One line: what changes where.
pub fn summary(plan: &Plan) -> String {
    let revision = plan.revision.as_ref().map(|revision| format!(" at {revision}")).unwrap_or_default();
    let changing = plan.nodes.iter().filter(|node| !node.is_empty()).count();
    if changing == 0 {
        let sent = plan.nodes.iter().map(|node| node.secrets_in(SecretState::SentAgain).count()).sum();
        let secrets = if sent == 0 { String::new() } else { format!("; {} to send again", count(sent, "secret")) };
        return format!("{}{revision}: nothing to change{secrets}", plan.environment);
    }
    let nodes: Vec<String> = plan.nodes.iter().filter(|node| !node.is_empty()).map(node_summary).collect();
    format!("{}{revision}: {}", plan.environment, nodes.join("; "))
}

/// `master: 1 to add, 2 to change, 0 to remove, 3 variables, 1 new secret`.
pub fn node_summary(node: &NodePlan) -> String {
    let mut parts = vec![node.entity_counts().to_string()];
    let variables = node.variables.len();
    if variables > 0 {
        parts.push(count(variables, "variable"));
    }
    let new = node.secrets_in(SecretState::New).count();
    if new > 0 {
        parts.push(count(new, "new secret"));
    }
    if !node.stray.is_empty() {
        parts.push(format!("{} to tidy away", count(node.stray.len(), "file")));
    }
    format!("{}: {}", node.node, parts.join(", "))
}

fn node_overview(node: &NodePlan, style: Style) -> String {
    let state = if node.is_empty() { "nothing to change".to_owned() } else { node.entity_counts().to_string() };
    let mut text = format!("{} {}\n  {state}\n", style.bold(node.node.as_str()), style.dim(&node.target));
    for change in &node.entities {
        let from = match (&change.generated_for, &change.origin) {
            (Some(parent), Some(place)) => format!("  made from {} for pipe {parent}", place.file),
            (None, Some(place)) => format!("  {}", place.file),
            _ => String::new(),
        };
        let sign = unified::sign(change.action, style);
        text.push_str(&format!("  {sign} {} {}{}\n", change.kind.noun(), change.id, style.dim(&from)));
    }
    for change in &node.variables {
        text.push_str(&format!("  {} variable {}\n", unified::sign(change.action, style), change.name));
    }
    for file in &node.stray {
        text.push_str(&format!("  {} file {file}\n", style.red("-")));
    }
    for (state, label) in [
        (SecretState::New, "new secrets to send"),
        (SecretState::SentAgain, "secrets to send again"),
        (SecretState::LeftOnNode, "secrets left on the node, named by nothing"),
    ] {
        let names: Vec<&str> = node.secrets_in(state).map(|name| name.as_str()).collect();
        if !names.is_empty() {
            text.push_str(&format!("  {label}: {}\n", names.join(", ")));
        }
    }
    text
}
