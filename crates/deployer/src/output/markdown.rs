//! A plan for a comment on a pull request: folded, and cut where it gets too long.

use deployer_core::Error;
use deployer_core::model::{NodePlan, Plan, SecretState};

use super::{Style, errors, kept, text, unified};

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

/// Why there is no plan, as Markdown of at most `longest` characters.
pub fn failure(environment: &str, error: &Error, longest: usize) -> String {
    let title = format!("### No plan for `{environment}`\n\n");
    let text = errors::text(error, Style::default());
    let room = longest.saturating_sub(title.chars().count() + NOTE);
    let shown: String = text.chars().take(room).collect();
    let fence = fence(&shown);
    let mut page = format!("{title}{fence}text\n{}\n{fence}\n", shown.trim_end());
    if shown.len() < text.len() {
        page.push_str(
            "\n_The rest is left out here, because a comment has a limit. The log shows it all._\n",
        );
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
    let fence = fence(diff);
    format!(
        "<details><summary><code>{}</code></summary>\n\n{fence}diff\n{diff}{fence}\n\n</details>\n",
        html(title)
    )
}

/// A fence longer than every run of backticks in the text.
fn fence(text: &str) -> String {
    let longest_run = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest_run.max(2) + 1)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn escaped(text: &str) -> String {
    html(text).replace(['|', '\n'], " ").replace('_', "\\_").replace('*', "\\*")
}

#[cfg(test)]
mod tests {
    use deployer_core::Kind;

    use super::*;

    #[test]
    fn a_failure_stays_inside_its_fence_and_its_limit() {
        let error = Error::new(Kind::Verification, "a ``` b").with_detail("x".repeat(1_000));
        let page = failure("test", &error, 300);
        assert!(
            page.starts_with("### No plan for `test`\n\n````text\nerror[verification]: a ``` b\n  xxx"),
            "{page}"
        );
        assert!(page.chars().count() <= 300 && page.contains("\n````\n\n_The rest is left out"), "{page}");
        let page = failure("test", &Error::new(Kind::Io, "a"), 300);
        assert_eq!(page, "### No plan for `test`\n\n```text\nerror[io]: a\n```\n");
    }
}
