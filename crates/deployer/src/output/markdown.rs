//! A plan for a comment on a pull request: folded, and cut where it gets too long.

use deployer_core::model::{NodePlan, Plan, SecretState};

use super::{Style, kept, text, unified};

/// The longest comment that the usual services take is 65,536 characters; this leaves room for a frame around it.
pub const LONGEST: usize = 60_000;

/// The plan as Markdown of at most `longest` characters. What is left out is counted at the end.
pub fn plan(plan: &Plan, longest: usize) -> String {
    let mut page = format!("### Plan for `{}`\n\n", plan.environment);
    if plan.is_empty() {
        page.push_str(&format!("{}\n\n", escaped(&text::changes(plan, text::Tense::Ahead))));
    } else {
        page.push_str("| node | to add | to change | to remove | variables | new secrets |\n|---|---:|---:|---:|---:|---:|\n");
        for node in &plan.nodes {
            page.push_str(&row(node));
        }
        page.push('\n');
    }
    let sentences: Vec<String> = plan.nodes.iter().flat_map(kept::sentences).collect();
    if !sentences.is_empty() {
        let lines: String = sentences.iter().map(|sentence| format!("- {}\n", escaped(sentence))).collect();
        page.push_str(&format!("{lines}\n"));
    }
    let parts: Vec<String> = plan.nodes.iter().flat_map(parts).collect();
    let mut left_out = 0;
    for part in &parts {
        if left_out == 0 && page.chars().count() + part.chars().count() + NOTE <= longest {
            page.push_str(part);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        page.push_str(&format!(
            "_{left_out} of {} diffs are left out here, because a comment has a limit. `sesam-deployer plan` shows them all._\n",
            parts.len()
        ));
    }
    page
}

/// Room for the note about what is left out.
const NOTE: usize = 160;

fn row(node: &NodePlan) -> String {
    let counts = node.entity_counts();
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        escaped(node.node.as_str()),
        counts.added,
        counts.changed,
        counts.removed,
        node.variables.len(),
        node.count_secrets(SecretState::New)
    )
}

/// A folded part for every difference of a node.
fn parts(node: &NodePlan) -> Vec<String> {
    let entities = node.entities.iter().map(|change| {
        let title = format!("{} {} {} on {}", change.action.sign(), change.kind.noun(), change.id, node.node);
        folded(&title, &unified::entity(node, change, Style::default()))
    });
    let variables = (!node.variables.is_empty()).then(|| {
        folded(&format!("~ variables on {}", node.node), &unified::variables(node, Style::default()))
    });
    entities.chain(variables).collect()
}

fn folded(title: &str, diff: &str) -> String {
    let fence = "`".repeat(longest_run_of_backticks(diff).max(2) + 1);
    format!(
        "<details><summary><code>{}</code></summary>\n\n{fence}diff\n{diff}{fence}\n\n</details>\n",
        html(title)
    )
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn escaped(text: &str) -> String {
    html(text).replace(['|', '\n'], " ").replace('_', "\\_").replace('*', "\\*")
}
