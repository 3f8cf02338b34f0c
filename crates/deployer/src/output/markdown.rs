//! A plan for a comment on a pull request: folded, and shortened if it is too long.

use deployer_core::Error;
use deployer_core::error::Place;
use deployer_core::model::{Action, NodePlan, Plan, SecretState};

use super::plan::Detail;
use super::{Style, count, errors, escape, remarks, text, unified};

/// The longest comment that the usual services take is 65,536 characters; this leaves room for a frame around it.
pub const LONGEST: usize = 60_000;

/// The plan as Markdown of at most `longest` characters. Every change is named. The longest diffs are shortened first.
///
/// `mask` masks secrets. It sees every text before it is shortened.
pub fn plan(plan: &Plan, detail: Detail, longest: usize, mask: &dyn Fn(&str) -> String) -> String {
    let mut page = format!("### Plan for `{}`\n\n", plan.environment);
    if plan.is_empty() {
        page.push_str(&format!("{}\n\n", escaped(&text::changes(plan, text::Tense::Ahead))));
    } else {
        page.push_str("| node | to add | to change | to remove | variables | new secrets |\n|---|---:|---:|---:|---:|---:|\n");
        plan.nodes.iter().for_each(|node| page.push_str(&row(node)));
        page.push('\n');
    }
    let sentences: Vec<String> = plan.nodes.iter().flat_map(remarks::sentences).collect();
    if !sentences.is_empty() {
        let lines: String =
            sentences.iter().map(|sentence| format!("- {}\n", escaped(&mask(sentence)))).collect();
        page.push_str(&format!("{lines}\n"));
    }
    let changes: Vec<Change> = plan.nodes.iter().flat_map(|node| changes(node, detail, mask)).collect();
    let room = longest.saturating_sub(page.chars().count() + NOTE);
    page + &shortened(&changes, room)
}

/// Why there is no plan, as Markdown of at most `longest` characters. `mask` as in [`plan`].
pub fn failure(environment: &str, error: &Error, longest: usize, mask: &dyn Fn(&str) -> String) -> String {
    let title = format!("### No plan for `{environment}`\n\n");
    let place = |place: &Place| escape::line(&place.to_string()).into_owned();
    let text = mask(&errors::Writer { style: Style::default(), place: &place }.text(error));
    let room = longest.saturating_sub(title.chars().count() + NOTE);
    let shown: String = text.chars().take(room).collect();
    let fence = fence(&shown);
    let mut page = format!("{title}{fence}text\n{}\n{fence}\n", shown.trim_end());
    if shown.len() < text.len() {
        page.push_str(
            "\n_The rest is left out here, because a comment has a limit. The log shows everything._\n",
        );
    }
    page
}

/// Room for the note about everything that is left out.
const NOTE: usize = 300;

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

/// One change, masked.
struct Change {
    action: Action,
    title: String,
    /// `None` for a change that is only named.
    diff: Option<String>,
}

impl Change {
    /// The change with at most so many characters of its diff; a diff that would be cut to almost nothing is left out.
    fn shown(&self, most: usize) -> String {
        let title = html(&self.title);
        match &self.diff {
            Some(diff) if most >= LEAST.min(diff.len()) => {
                let diff = cut(diff, most);
                let fence = fence(&diff);
                format!(
                    "<details><summary><code>{title}</code></summary>\n\n{fence}diff\n{diff}{fence}\n\n</details>\n\n"
                )
            }
            _ => format!("- <code>{title}</code>\n"),
        }
    }

    fn length(&self, most: usize) -> usize {
        self.shown(most).chars().count() + 1
    }
}

/// A shorter part of a diff is of no use.
const LEAST: usize = 200;

fn changes(node: &NodePlan, detail: Detail, mask: &dyn Fn(&str) -> String) -> Vec<Change> {
    let is_shown = |action| match detail {
        Detail::Summary => false,
        Detail::Changes => action != Action::Add,
        Detail::Full => true,
    };
    let entities = node.entities.iter().map(|change| {
        let title = format!("{} {} {} on {}", change.action.sign(), change.kind.noun(), change.id, node.node);
        let diff = is_shown(change.action).then(|| mask(&unified::entity(node, change, Style::default())));
        Change { action: change.action, title: mask(&escape::line(&title)), diff }
    });
    let variables = (!node.variables.is_empty()).then(|| {
        let names: Vec<_> = node.variables.iter().map(|change| escape::line(&change.name)).collect();
        let title = format!("~ variables on {}: {}", node.node, names.join(", "));
        let diff = is_shown(Action::Change).then(|| mask(&unified::variables(node, Style::default())));
        Change { action: Action::Change, title: mask(&title), diff }
    });
    entities.chain(variables).collect()
}

/// The changes in at most `room` characters.
fn shortened(changes: &[Change], room: usize) -> String {
    let length = |most: usize| changes.iter().map(|change| change.length(most)).sum::<usize>();
    let longest =
        changes.iter().filter_map(|change| change.diff.as_ref()).map(|diff| diff.chars().count()).max();
    let longest = longest.unwrap_or(0);
    if length(0) > room {
        return named(changes, room);
    }
    // The largest limit for all diffs that fits: it shortens the longest ones only.
    let (mut fits, mut too_long) = (0, longest + 1);
    while too_long - fits > 1 {
        let middle = fits + (too_long - fits) / 2;
        if length(middle) <= room { fits = middle } else { too_long = middle }
    }
    let mut page = in_order(changes.iter().map(|change| change.shown(fits)));
    let is_shortened = |diff: &String| diff.chars().count() > fits;
    let shortened =
        changes.iter().filter_map(|change| change.diff.as_ref()).filter(|diff| is_shortened(diff)).count();
    if shortened > 0 {
        page.push_str(&format!(
            "\n_{} shortened here, because a comment has a limit. `sesam-deployer plan` shows them all._\n",
            match shortened {
                1 => "1 diff is".to_owned(),
                several => format!("{} are", count(several, "diff")),
            }
        ));
    }
    page
}

/// Names alone, removals first, as many as fit, and how many more there are.
fn named(changes: &[Change], room: usize) -> String {
    let mut left = room;
    let (mut lines, mut more) = (Vec::new(), Vec::new());
    for (action, noun) in [(Action::Remove, "removal"), (Action::Change, "change"), (Action::Add, "addition")]
    {
        let of_action: Vec<&Change> = changes.iter().filter(|change| change.action == action).collect();
        let mut shown = 0;
        for change in &of_action {
            let line = change.shown(0);
            let Some(rest) = left.checked_sub(line.chars().count() + 1) else { break };
            left = rest;
            shown += 1;
            lines.push(line);
        }
        if shown < of_action.len() {
            more.push(count(of_action.len() - shown, noun));
        }
    }
    in_order(lines.into_iter())
        + &format!(
            "\n_The diffs and {} more are left out here, because a comment has a limit. `sesam-deployer plan` shows everything._\n",
            more.join(", ")
        )
}

/// Parts with the empty line that Markdown needs between a list and what follows it.
fn in_order(parts: impl Iterator<Item = String>) -> String {
    let mut page = String::new();
    let mut in_list = false;
    for part in parts {
        let is_item = part.starts_with("- ");
        if in_list && !is_item {
            page.push('\n');
        }
        in_list = is_item;
        page.push_str(&part);
    }
    page
}

/// The first lines of a diff, and how many more there are.
fn cut(diff: &str, most: usize) -> String {
    if diff.chars().count() <= most {
        return diff.to_owned();
    }
    let room = most.saturating_sub(MORE);
    let lines: Vec<&str> = diff.split_inclusive('\n').collect();
    let mut length = 0;
    let fitting = lines.iter().take_while(|line| {
        length += line.chars().count();
        length <= room
    });
    let shown = fitting.count();
    format!("{}… {}\n", lines[..shown].concat(), count(lines.len() - shown, "more line"))
}

/// Room for the number of lines that are left out.
const MORE: usize = 30;

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
mod tests;
