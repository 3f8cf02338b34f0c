//! The changes of a node, each folded with its diff.

use deployer_core::model::{Action, EntityChange, NodePlan, VariableChange};
use maud::{Markup, PreEscaped, html};

use super::marks;
use super::writer::{Writer, table};
use crate::output::crossing::reason;
use crate::output::{Style, count, unified};

/// The most bytes of diffs. Browsers open larger pages slowly.
pub(super) const MOST_DIFFS: usize = 5_000_000;

/// The changes of a node. `room` is what is left for diffs.
pub(super) fn of_node(writer: &Writer<'_>, node: &NodePlan, room: &mut usize) -> Markup {
    let mut left_out = 0;
    let changes: Vec<Markup> = node
        .entities
        .iter()
        .map(|change| {
            let diff = unified::entity(node, change, Style::default());
            let counts = (changed_lines(&diff, '+'), changed_lines(&diff, '-'));
            let shown = marks::diff(&(writer.mask)(&diff));
            match room.checked_sub(shown.len()) {
                Some(rest) => {
                    *room = rest;
                    change_with(writer, change, counts, &shown)
                }
                None => {
                    left_out += 1;
                    html! { p.change { (title(writer, change, counts)) } "\n" }
                }
            }
        })
        .collect();
    html! {
        p { code { (writer.text(&node.target)) } } "\n"
        @if node.is_empty() { p { "Nothing to change." } "\n" }
        @for change in &changes { (change) }
        @if left_out > 0 {
            p {
                "Left out because the page has a limit: " (count(left_out, "diff")) ". " code { "sesam-deployer plan" } " shows them all."
            } "\n"
        }
        @if !node.variables.is_empty() { (variables(writer, &node.variables)) }
    }
}

fn change_with(writer: &Writer<'_>, change: &EntityChange, counts: (usize, usize), diff: &str) -> Markup {
    html! {
        details.change data-action=(word(change.action)) data-kind=(change.kind.noun()) {
            summary { (title(writer, change, counts)) } "\n"
            pre { (PreEscaped(diff)) }
        } "\n"
    }
}

/// What happens to what, where it comes from, and how many lines differ.
fn title(writer: &Writer<'_>, change: &EntityChange, (added, removed): (usize, usize)) -> Markup {
    let origin = change.origin.as_ref().map(ToString::to_string);
    let generated = change
        .crossing
        .as_ref()
        .map(|crossing| format!("generated for {}: {}", crossing.pipe, reason(crossing)));
    let gone = (change.action == Action::Remove).then(|| "no longer in the configuration".to_owned());
    let why: Vec<String> = generated.into_iter().chain(origin).chain(gone).collect();
    html! {
        span.action data-action=(word(change.action)) { (change.action.sign()) " " (word(change.action)) } " "
        span.what { code { (writer.text(&change.id)) } " " (change.kind.noun()) } " "
        span.lines { "+" (added) " −" (removed) }
        @if !why.is_empty() { " " small { (writer.text(&why.join(" · "))) } }
    }
}

fn variables(writer: &Writer<'_>, changes: &[VariableChange]) -> Markup {
    let value = |value: &Option<String>| match value {
        Some(value) => html! { code { (writer.text(value)) } },
        None => html! { "not set" },
    };
    let row = |change: &VariableChange| {
        let name = html! {
            b.action data-action=(word(change.action)) { (change.action.sign()) } " " code { (writer.text(&change.name)) }
        };
        vec![name, value(&change.before), value(&change.after)]
    };
    table(&["Variable", "Now", "Then"], changes.iter().map(row))
}

/// The lines of a diff with a sign, without the two lines that name the file.
fn changed_lines(diff: &str, sign: char) -> usize {
    diff.lines().skip(2).filter(|line| line.starts_with(sign)).count()
}

/// An action as a word.
pub(super) fn word(action: Action) -> &'static str {
    match action {
        Action::Add => "add",
        Action::Change => "change",
        Action::Remove => "remove",
    }
}
