//! A plan as one self-contained page: what would change, what a deploy needs consent for, what the changes touch, and what crosses between
//! the nodes. With the receipt, it is the report of a deploy.
//!
//! The page is complete without its script, which adds a search, filters, and keys.

mod changes;
mod marks;
mod tools;
mod writer;

use deployer_core::Error;
use deployer_core::error::{Level, Note, Place};
use deployer_core::model::{NodePlan, Plan, Receipt, SecretState};
use deployer_picture::{Inline, document, figure, flow_figure, page};
use maud::{Markup, PreEscaped, Render, html};

use self::tools::Part;
use self::writer::{Writer, table};
use super::{Style, remarks, text};
use crate::drawable;

/// The style and the script of the page. A test compares the hashes with the files.
const STYLE: Inline =
    Inline { text: include_str!("html/report.css"), hash: "aQqlFgpdSWkhWqi1fAad/bWLoGF4Wk25KZNdzDzd17o=" };
const SCRIPT: Inline =
    Inline { text: include_str!("html/report.js"), hash: "FJCUnlR8/UHGuXQt0IbE1ODu+3BTL1YOvDBSh8AjFoI=" };

/// A plan as a page. `objections` are what a deploy needs consent for. `mask` masks secrets, before anything is escaped.
pub(crate) fn plan(plan: &Plan, objections: &[Error], mask: &dyn Fn(&str) -> String) -> String {
    let sum = format!("{}. Nothing has been written.", text::totals(plan, text::Tense::Ahead));
    whole(plan, objections, None, &format!("Plan for {}", plan.environment), &sum, mask)
}

/// The report of a deploy: its plan, what was written, and the line that ends it. `mask` as in [`plan`].
pub(crate) fn report(
    plan: &Plan,
    receipt: Option<&Receipt>,
    error: Option<&Error>,
    sum: &str,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let writer = Writer { mask };
    let done = html! {
        @if let Some(error) = error { (writer.error(error)) }
        @if let Some(receipt) = receipt { (writer.lines(&super::receipt(receipt, Style::default()))) }
    };
    whole(plan, &[], Some(&done), &format!("Deploy to {}", plan.environment), sum, mask)
}

/// Why there is no plan, as a page. `mask` as in [`plan`].
pub(crate) fn failure(environment: &str, error: &Error, mask: &dyn Fn(&str) -> String) -> String {
    let writer = Writer { mask };
    let title = format!("No plan for {environment}");
    let main = html! { h1 { (writer.text(&title)) } "\n" (writer.error(error)) };
    page(&mask(&title), &main.into_string())
}

/// The page of a plan. `done` is the markup of what a deploy did with it.
fn whole(
    plan: &Plan,
    objections: &[Error],
    done: Option<&Markup>,
    title: &str,
    sum: &str,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let writer = Writer { mask };
    let mut parts = Vec::new();
    let mut add = |id: &str, name: &str, sum: String, content: Option<Markup>| {
        let shows_its_name = ["touched", "crosses"].contains(&id);
        let part = |content| Part { id: id.to_owned(), name: name.to_owned(), sum, shows_its_name, content };
        parts.extend(content.map(part));
    };
    add("done", "What was done", String::new(), done.cloned());
    add("summary", "Summary", String::new(), Some(writer.nodes(plan)));
    let (remarks, number) = writer.remarks(plan, objections);
    add("remarks", "Before you deploy", number.to_string(), (number > 0).then_some(remarks));
    let touched = drawable::touched(plan, 0, 1).map(|touched| PreEscaped(flow_figure(&touched)));
    add("touched", "What the changes touch", String::new(), touched);
    let mut room = changes::MOST_DIFFS;
    for (number, node) in plan.nodes.iter().enumerate() {
        let sum = text::node_changes(node, text::Tense::Ahead);
        let content = changes::of_node(&writer, node, &mut room);
        add(&node_id(number), node.node.as_str(), sum, Some(content));
    }
    let picture = drawable::plan(plan);
    let crosses = (!picture.crossings.is_empty()).then(|| PreEscaped(figure(&picture)));
    add("crosses", "What crosses between the nodes", String::new(), crosses);
    add("secrets", "Secrets", String::new(), writer.secrets(plan));
    let body = html! {
        header {
            h1 { (writer.text(title)) } "\n"
            p { (writer.text(sum)) } "\n"
            @if let Some(revision) = &plan.revision {
                p { "Configuration: " code { (writer.text(&revision.to_string())) } } "\n"
            }
        } "\n"
        div.columns {
            (tools::aside(&writer, plan, &parts))
            main {
                @for part in &parts {
                    section id=(part.id) {
                        h2 class=[part.shows_its_name.then_some("unseen")] { (writer.text(&part.name)) @if !part.sum.is_empty() { " " small { (part.sum) } } } "\n"
                        (part.content)
                    } "\n"
                }
            }
        } "\n"
        footer { p { "Written by " code { "sesam-deployer" } ". It loads nothing and sends nothing." } } "\n"
    };
    document(&mask(title), Some(STYLE), Some(SCRIPT), &body.into_string())
}

/// The anchor of a node.
fn node_id(number: usize) -> String {
    format!("node-{number}")
}

impl Writer<'_> {
    fn nodes(&self, plan: &Plan) -> Markup {
        let row = |(number, node): (usize, &NodePlan)| {
            let counts = node.entity_counts();
            let numbers = [
                counts.added,
                counts.changed,
                counts.removed,
                node.variables.len(),
                node.count_secrets(SecretState::New),
            ];
            let name = html! { a href={ "#" (node_id(number)) } { (self.text(node.node.as_str())) } };
            let target = html! { code { (self.text(&node.target)) } };
            [name, target].into_iter().chain(numbers.map(|number| number.render())).collect()
        };
        table(
            &["Node", "Target", "To add", "To change", "To remove", "Variables", "New secrets"],
            plan.nodes.iter().enumerate().map(row),
        )
    }

    /// What a person must or should know before a deploy, and how many things that are: consent first, then warnings, then the rest.
    fn remarks(&self, plan: &Plan, objections: &[Error]) -> (Markup, usize) {
        let consent = |error: &Error| {
            html! { li.consent { b { "Needs consent (" code { "--yes" } "):" } " " (self.text(&error.to_string())) } "\n" }
        };
        let mut items: Vec<Markup> = objections.iter().map(consent).collect();
        let sentences = plan.nodes.iter().flat_map(remarks::sentences);
        items.extend(sentences.map(|sentence| html! { li { (self.text(&sentence)) } "\n" }));
        let of = |level: fn(&Level) -> bool| plan.notes.iter().filter(move |note| level(&note.level));
        items.extend(of(|level| *level == Level::Warning).map(|note| self.note("Warning:", note)));
        items.extend(of(|level| *level != Level::Warning).map(|note| self.note("Note:", note)));
        (html! { ul.remarks { @for item in &items { (item) } } "\n" }, items.len())
    }

    fn note(&self, label: &str, note: &Note) -> Markup {
        let places: Vec<String> = note.places.iter().map(Place::to_string).collect();
        html! {
            li {
                b { (label) } " " (self.text(&note.message))
                @if !places.is_empty() { " " small { (self.text(&places.join(", "))) } }
            } "\n"
        }
    }

    fn secrets(&self, plan: &Plan) -> Option<Markup> {
        let rows = plan.nodes.iter().flat_map(|node| {
            let of_node = node.secrets.iter().map(|it| ("", it.name.as_str(), it.state));
            let of_systems =
                node.system_secrets.iter().map(|it| (it.system.as_str(), it.name.as_str(), it.state));
            of_node.chain(of_systems).map(|(system, name, secret)| {
                vec![
                    self.text(node.node.as_str()).render(),
                    html! { code { (self.text(name)) } },
                    self.text(system).render(),
                    html! { (state(secret)) },
                ]
            })
        });
        let rows: Vec<Vec<Markup>> = rows.collect();
        (!rows.is_empty()).then(|| {
            html! {
                p { "By name. A plan has no value of a secret." } "\n"
                (table(&["Node", "Name", "System", "State"], rows.into_iter()))
            }
        })
    }
}

fn state(state: SecretState) -> &'static str {
    match state {
        SecretState::New => "new",
        SecretState::SentAgain => "sent again",
        SecretState::Changed => "changed",
        SecretState::Unchanged => "unchanged",
        SecretState::LeftOnNode => "on the node, unused",
    }
}

#[cfg(test)]
mod tests;
