//! A plan as one self-contained page: what would change, what a deploy needs consent for, what the changes touch, and what crosses between
//! the nodes. With the receipt, it is the report of a deploy.

mod marks;

use deployer_core::Error;
use deployer_core::error::{Level, Note, Place};
use deployer_core::model::{Action, EntityChange, NodePlan, Plan, Receipt, SecretState};
use deployer_picture::{escape, figure, flow_figure, page};

use super::{Style, count, crossing::reason, errors, remarks, text, unified};
use crate::drawable;

/// The most bytes of diffs. Browsers open larger pages slowly.
const MOST_DIFFS: usize = 5_000_000;

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
    let mut done = String::new();
    if let Some(error) = error {
        let place = |place: &Place| place.to_string();
        let lines = errors::Writer { style: Style::default(), place: &place }.text(error);
        done.push_str(&format!("<pre class=\"wrap\">{}</pre>\n", writer.lines(&lines)));
    }
    if let Some(receipt) = receipt {
        let lines = super::receipt(receipt, Style::default());
        done.push_str(&format!("<pre class=\"wrap\">{}</pre>\n", writer.lines(&lines)));
    }
    whole(plan, &[], Some(&done), &format!("Deploy to {}", plan.environment), sum, mask)
}

/// The page of a plan. `done` is the markup of what a deploy did with it.
fn whole(
    plan: &Plan,
    objections: &[Error],
    done: Option<&str>,
    title: &str,
    sum: &str,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let writer = Writer { mask };
    let mut main = format!("<h1>{}</h1>\n", writer.text(title));
    main.push_str(&format!("<p>{}</p>\n", writer.text(sum)));
    if let Some(revision) = &plan.revision {
        main.push_str(&format!(
            "<p>Configuration: <code>{}</code></p>\n",
            writer.text(&revision.to_string())
        ));
    }
    if let Some(done) = done {
        main.push_str(&format!("<h2>What was done</h2>\n{done}"));
    }
    main.push_str(&writer.nodes(plan));
    main.push_str(&writer.remarks(plan, objections));
    if let Some(touched) = drawable::touched(plan, 0, 1) {
        main.push_str("<h2 class=\"unseen\">What the changes touch</h2>\n");
        main.push_str(&flow_figure(&touched));
    }
    let mut room = MOST_DIFFS;
    plan.nodes.iter().for_each(|node| main.push_str(&writer.changes(node, &mut room)));
    let picture = drawable::plan(plan);
    if !picture.crossings.is_empty() {
        main.push_str("<h2 class=\"unseen\">What crosses</h2>\n");
        main.push_str(&figure(&picture));
    }
    main.push_str(&writer.secrets(plan));
    page(&writer.plain(title), &main)
}

/// Why there is no plan, as a page. `mask` as in [`plan`].
pub(crate) fn failure(environment: &str, error: &Error, mask: &dyn Fn(&str) -> String) -> String {
    let writer = Writer { mask };
    let title = format!("No plan for {environment}");
    let place = |place: &Place| place.to_string();
    let lines = errors::Writer { style: Style::default(), place: &place }.text(error);
    let main =
        format!("<h1>{}</h1>\n<pre class=\"wrap\">{}</pre>\n", writer.text(&title), writer.lines(&lines));
    page(&writer.plain(&title), &main)
}

/// Makes markup of texts.
struct Writer<'a> {
    mask: &'a dyn Fn(&str) -> String,
}

impl Writer<'_> {
    fn plain(&self, text: &str) -> String {
        (self.mask)(text)
    }

    /// A text on one line.
    fn text(&self, text: &str) -> String {
        escape(&self.plain(text))
    }

    /// Lines as they are.
    fn lines(&self, text: &str) -> String {
        self.plain(text).lines().map(|line| format!("{}\n", escape(line))).collect()
    }

    fn nodes(&self, plan: &Plan) -> String {
        let columns = ["Node", "Target", "To add", "To change", "To remove", "Variables", "New secrets"];
        let rows = plan.nodes.iter().map(|node| {
            let counts = node.entity_counts();
            let numbers = [
                counts.added,
                counts.changed,
                counts.removed,
                node.variables.len(),
                node.count_secrets(SecretState::New),
            ];
            let texts = [self.text(node.node.as_str()), self.text(&node.target)];
            texts.into_iter().chain(numbers.map(|number| number.to_string())).collect()
        });
        table(&columns, rows)
    }

    /// What a person must or should know before a deploy: consent first, then warnings, then the rest.
    fn remarks(&self, plan: &Plan, objections: &[Error]) -> String {
        let consent = |error: &Error| {
            format!("<b>Needs consent (<code>--yes</code>):</b> {}", self.text(&error.to_string()))
        };
        let mut items: Vec<String> = objections.iter().map(consent).collect();
        items.extend(plan.nodes.iter().flat_map(remarks::sentences).map(|sentence| self.text(&sentence)));
        let of = |level: fn(&Level) -> bool| plan.notes.iter().filter(move |note| level(&note.level));
        items.extend(of(|level| *level == Level::Warning).map(|note| self.note("Warning:", note)));
        items.extend(of(|level| *level != Level::Warning).map(|note| self.note("Note:", note)));
        if items.is_empty() {
            return String::new();
        }
        let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
        format!("<h2>Before you deploy</h2>\n<ul>\n{items}</ul>\n")
    }

    fn note(&self, label: &str, note: &Note) -> String {
        let places: Vec<String> = note.places.iter().map(|place| self.text(&place.to_string())).collect();
        let places =
            if places.is_empty() { String::new() } else { format!(" <small>{}</small>", places.join(", ")) };
        format!("<b>{label}</b> {}{places}", self.text(&note.message))
    }

    /// The changes of a node, each folded with its diff. `room` is what is left for diffs.
    fn changes(&self, node: &NodePlan, room: &mut usize) -> String {
        if node.is_empty() {
            return String::new();
        }
        let head = format!("{}: {}", node.node, text::node_changes(node, text::Tense::Ahead));
        let mut markup = format!("<h2>{}</h2>\n", self.text(&head));
        let mut left_out = 0;
        let entities = node.entities.iter().map(|change| {
            let title = format!("{} {} {}", change.action.sign(), word(change.action), change.kind.noun());
            let title =
                format!("{} <code>{}</code>{}", self.text(&title), self.text(&change.id), self.why(change));
            (title, unified::entity(node, change, Style::default()))
        });
        let variables = (!node.variables.is_empty()).then(|| {
            let names: Vec<&str> = node.variables.iter().map(|change| change.name.as_str()).collect();
            let title = format!("~ change variables <code>{}</code>", self.text(&names.join(", ")));
            (title, unified::variables(node, Style::default()))
        });
        for (title, diff) in entities.chain(variables) {
            let (added, removed) = (changed_lines(&diff, '+'), changed_lines(&diff, '-'));
            let shown = marks::diff(&self.plain(&diff));
            match room.checked_sub(shown.len()) {
                Some(rest) => {
                    *room = rest;
                    markup.push_str(&format!(
                        "<details><summary>{title} <small>+{added} −{removed}</small></summary>\n<pre>{shown}</pre></details>\n"
                    ));
                }
                None => {
                    left_out += 1;
                    markup.push_str(&format!("<p>{title} <small>+{added} −{removed}</small></p>\n"));
                }
            }
        }
        if left_out > 0 {
            let diffs = count(left_out, "diff");
            markup.push_str(&format!("<p>Left out because the page has a limit: {diffs}. `sesam-deployer plan` shows them all.</p>\n"));
        }
        markup
    }

    /// Where an entity comes from, and why it was generated.
    fn why(&self, change: &EntityChange) -> String {
        let origin = change.origin.as_ref().map(|place| self.text(&place.to_string()));
        let generated = change
            .crossing
            .as_ref()
            .map(|crossing| self.text(&format!("generated for {}: {}", crossing.pipe, reason(crossing))));
        let parts: Vec<String> = origin.into_iter().chain(generated).collect();
        if parts.is_empty() { String::new() } else { format!(" <small>{}</small>", parts.join(" · ")) }
    }

    fn secrets(&self, plan: &Plan) -> String {
        let rows: Vec<Vec<String>> = plan
            .nodes
            .iter()
            .flat_map(|node| {
                let of_node = node.secrets.iter().map(|it| (String::new(), it.name.as_str(), it.state));
                let of_systems =
                    node.system_secrets.iter().map(|it| (it.system.clone(), it.name.as_str(), it.state));
                let all: Vec<_> = of_node.chain(of_systems).collect();
                all.into_iter().map(|(system, name, secret)| {
                    vec![
                        self.text(node.node.as_str()),
                        self.text(name),
                        self.text(&system),
                        state(secret).to_owned(),
                    ]
                })
            })
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        format!("<h2>Secrets</h2>\n{}", table(&["Node", "Name", "System", "State"], rows.into_iter()))
    }
}

/// A table of escaped cells. On a phone each row is a card, with the names of the columns in it.
fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head: String = columns.iter().map(|column| format!("<th scope=\"col\">{column}</th>")).collect();
    let row = |cells: Vec<String>| {
        let cell = |(column, cell): (&&str, String)| format!("<td data-label=\"{column}\">{cell}</td>");
        format!("<tr>{}</tr>\n", columns.iter().zip(cells).map(cell).collect::<String>())
    };
    format!(
        "<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n",
        rows.map(row).collect::<String>()
    )
}

/// The lines of a diff with a sign, without the two lines that name the file.
fn changed_lines(diff: &str, sign: char) -> usize {
    diff.lines().skip(2).filter(|line| line.starts_with(sign)).count()
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Add => "add",
        Action::Change => "change",
        Action::Remove => "remove",
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
