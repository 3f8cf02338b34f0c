//! Showing a plan.

use deployer_core::error::Note;
use deployer_core::model::{Action, Plan};
use deployer_core::{Error, Kind};
use deployer_engine::stages::objections;

use super::{Output, count, json, literals, markdown, text, unified};
pub use crate::choices::Detail;
use crate::cli::Format;
use crate::settings::Settings;

/// Prints a plan, and then its notes, so that a long diff does not push them out of sight.
pub(crate) fn show(plan: &Plan, format: Format, detail: Detail, output: &Output) {
    let detail = if output.is_quiet() { Detail::Summary } else { detail };
    match format {
        Format::Text => show_text(plan, detail, output),
        Format::Json => output.document(json::plan(plan)),
        Format::Markdown => output.result(&as_markdown(plan, detail, output)),
        Format::Unified => output.result(&unified::plan(plan, output.result_style())),
    }
}

/// A plan as Markdown, with secrets masked before it is shortened.
pub(crate) fn as_markdown(plan: &Plan, detail: Detail, output: &Output) -> String {
    markdown::plan(plan, detail, markdown::LONGEST, &|text| output.mask(text).0)
}

fn show_text(plan: &Plan, detail: Detail, output: &Output) {
    let style = output.result_style();
    output.result(&text::overview(plan, detail, style));
    if detail == Detail::Summary {
        return;
    }
    let mut gap = "\n";
    let mut listed = 0;
    for node in &plan.nodes {
        let is_shown = |action| detail == Detail::Full || action != Action::Add;
        listed += node.entities.iter().filter(|change| !is_shown(change.action)).count();
        let diffs = unified::node(node, style, is_shown);
        if !diffs.is_empty() {
            output.result(std::mem::take(&mut gap));
        }
        let title = format!("{}: {}", node.node, text::node_changes(node, text::Tense::Ahead));
        output.group(&title, &diffs);
    }
    if listed > 0 {
        let entities = count(listed, "new entity");
        output.result(&format!("\n{}\n", style.dim(&format!("`--full` also shows the text of {entities}."))));
    }
}

/// Prints the notes of a plan, and a warning of secret values that the configuration contains literally.
pub(crate) fn show_notes(plan: &Plan, output: &Output) {
    let mut notes = plan.notes.clone();
    notes.extend(literals::warning(plan, output));
    output.notes(&notes);
}

/// Warns of everything that a deploy of the plan needs consent for.
pub(crate) fn show_objections(plan: &Plan, settings: &Settings, output: &Output) {
    let warning = |objection: &Error| Note::warning(format!("a deploy needs consent (--yes): {objection}"));
    output.notes(&objections(plan, settings.safety.guard).iter().map(warning).collect::<Vec<_>>());
}

/// The refusal of `--json` with another format.
pub(crate) fn format_of(format: Option<Format>, json: bool) -> deployer_core::Result<Format> {
    match (format, json) {
        (None | Some(Format::Json), true) => Ok(Format::Json),
        (Some(format), true) => {
            let name = format!("{format:?}").to_lowercase();
            Err(Error::new(Kind::Settings, format!("--json and --format {name} contradict each other"))
                .with_hint("leave out one of them"))
        }
        (format, false) => Ok(format.unwrap_or(Format::Text)),
    }
}
