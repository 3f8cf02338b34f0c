//! The column beside the plan: the parts of the page, and what the script can do.

use std::collections::BTreeMap;

use deployer_core::model::{Action, Plan};
use maud::{Markup, html};

use super::changes::word;
use super::writer::Writer;
use crate::output::count;

/// A part of the page, with its name in the list of parts.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) name: String,
    /// What the list says about the part besides.
    pub(super) sum: String,
    /// Whether the content shows the name itself, as pictures do.
    pub(super) shows_its_name: bool,
    pub(super) content: Markup,
}

/// The column. What needs the script is hidden until it runs.
pub(super) fn aside(writer: &Writer<'_>, plan: &Plan, parts: &[Part]) -> Markup {
    let changes = || plan.nodes.iter().flat_map(|node| &node.entities);
    let actions = [Action::Add, Action::Change, Action::Remove].map(|action| {
        let number = changes().filter(|change| change.action == action).count();
        ("action", word(action), format!("{} {}", action.sign(), word(action)), number)
    });
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    changes().for_each(|change| *kinds.entry(change.kind.noun()).or_default() += 1);
    let kinds = kinds.into_iter().map(|(kind, number)| ("kind", kind, kind.to_owned(), number));
    let filters = actions.into_iter().chain(kinds).filter(|(_, _, _, number)| *number > 0);
    let all = changes().count();
    html! {
        aside {
            @if all > 0 {
                div.tools hidden {
                    label for="search" { "Search" } "\n"
                    input #search type="search" placeholder="ID, file, text of a diff"; "\n"
                    p #found aria-live="polite" { (count(all, "change")) } "\n"
                    h2 { "Show only" } "\n"
                    p {
                        @for (by, value, name, number) in filters {
                            button type="button" data-by=(by) data-value=(value) aria-pressed="false" { (name) " " (number) } " "
                        }
                    } "\n"
                    h2 { "View" } "\n"
                    p {
                        button #sides type="button" aria-pressed="false" { "Side by side" } " "
                        button #open type="button" { "Open all" } " "
                        button #close type="button" { "Close all" }
                    } "\n"
                }
            }
            nav aria-label="Parts of the page" {
                h2 { "On this page" } "\n"
                ul {
                    @for part in parts {
                        li { a href={ "#" (part.id) } { (writer.text(&part.name)) } " " small { (part.sum) } } "\n"
                    }
                }
            }
            @if all > 0 {
                p.tools.keys hidden {
                    kbd { "/" } " search " kbd { "j" } " " kbd { "k" } " move " kbd { "e" } " open all " kbd { "c" } " close all "
                    kbd { "s" } " sides"
                }
            }
        } "\n"
    }
}
